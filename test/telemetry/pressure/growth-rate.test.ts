import { describe, expect, it } from 'vitest'
import { GrowthRate } from '../../../src/telemetry/pressure/growth-rate.ts'

/** Readings a second apart, by a function of the second. */
function rateOf(seconds: number, percentAt: (second: number) => number): number | undefined {
  const growth = new GrowthRate()
  for (let second = 0; second <= seconds; second++) growth.add(second * 1000, percentAt(second))
  return growth.perMinute()
}

describe('the rate at which memory grows', () => {
  it('is that of a straight line', () => {
    expect(rateOf(60, (second) => 10 + second / 2)).toBeCloseTo(30)
    expect(rateOf(60, (second) => 90 - second)).toBeCloseTo(-60)
    expect(rateOf(60, () => 50)).toBeCloseTo(0)
  })

  it('is not fooled by what is collected now and then', () => {
    // Fifteen percent up within five seconds, and down again.
    expect(rateOf(60, (second) => 50 + 3 * (second % 5))).toBeCloseTo(0)
    expect(rateOf(60, (second) => 20 + second / 3 + 3 * (second % 5))).toBeCloseTo(20)
  })

  it('is of the last 30 s', () => {
    expect(rateOf(120, (second) => Math.min(60, second))).toBeCloseTo(0)
  })

  it('is unknown at first, and after the clock was set back', () => {
    expect(rateOf(1, (second) => 30 * second)).toBeUndefined()
    const growth = new GrowthRate()
    for (let second = 60; second < 120; second++) growth.add(second * 1000, second)
    growth.add(0, 10)
    expect(growth.perMinute()).toBeUndefined()
  })

  it('keeps no more than half a minute, however often it is told', () => {
    const growth = new GrowthRate()
    for (let ms = 0; ms < 60_000; ms += 10) growth.add(ms, ms / 1000)
    expect(growth.perMinute()).toBeCloseTo(60, 0)
  })
})
