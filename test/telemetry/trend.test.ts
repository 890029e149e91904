import { describe, expect, it } from 'vitest'
import { trendOf } from '../../src/telemetry/trend.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'

function pointsOf(values: readonly number[]) {
  return values.map((value, index) => ({ atMs: 1000 + index * 10, value }))
}

describe('the trend of some points', () => {
  it('is the slope of a straight line, surely', () => {
    const trend = trendOf(pointsOf(Array.from({ length: 24 }, (_, index) => 500 + 3 * index)))
    expect(trend.slopePerMs).toBeCloseTo(0.3, 10)
    expect(trend.slopeRange[0]).toBeCloseTo(0.3, 10)
    expect(trend.firstFitted).toBeCloseTo(500, 6)
    expect(trend.lastFitted).toBeCloseTo(569, 6)
    expect(trend.riseChance).toBeLessThan(1e-9)
  })

  it('stays that of the line where a fifth of the points are wild', () => {
    const values = Array.from({ length: 24 }, (_, index) => (index % 5 === 0 ? 1e6 * (index % 2) : 500 + 3 * index))
    expect(trendOf(pointsOf(values)).slopePerMs).toBeCloseTo(0.3, 1)
  })

  it('of equal values is none', () => {
    const trend = trendOf(pointsOf(Array.from({ length: 20 }, () => 7)))
    expect(trend.slopePerMs).toBe(0)
    expect(trend.riseChance).toBeGreaterThan(0.4)
  })

  it('has the chance that Kendall gives it', () => {
    // 24 pairs rise and 4 fall, S has the variance 8 * 7 * 21 / 18: z = 19 / 8.083, which 0.937 % exceed.
    expect(trendOf(pointsOf([1, 3, 2, 5, 4, 8, 6, 7])).riseChance).toBeCloseTo(0.00937, 5)
  })

  it('of noise is believed as seldom as its chance says', () => {
    const random = seededRandom(7)
    const runs = 4000
    let believed = 0
    for (let run = 0; run < runs; run++) {
      if (trendOf(pointsOf(Array.from({ length: 24 }, random))).riseChance < 0.05) believed++
    }
    expect(believed / runs).toBeGreaterThan(0.03)
    expect(believed / runs).toBeLessThan(0.06)
  })

  it('holds the true slope in its range, in noise', () => {
    const random = seededRandom(8)
    const runs = 2000
    let held = 0
    for (let run = 0; run < runs; run++) {
      const { slopeRange } = trendOf(pointsOf(Array.from({ length: 24 }, (_, index) => 0.1 * index + random())))
      if (slopeRange[0] <= 0.01 && slopeRange[1] >= 0.01) held++
    }
    expect(held / runs).toBeGreaterThan(0.96)
  })
})
