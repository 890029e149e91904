import { describe, expect, it } from 'vitest'
import { MemoryHistory, type MemorySummary } from '../../../src/telemetry/process/memory-history.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'

const MB = 1024 * 1024
const MINUTE_MS = 60_000
const START = Date.UTC(2026, 0, 1)

/** A history of values every so often, given by the minute. */
function summaryOf(minutes: number, everyMs: number, mbAt: (minute: number) => number): MemorySummary {
  const history = new MemoryHistory()
  for (let ms = 0; ms < minutes * MINUTE_MS; ms += everyMs) history.add(START + ms, mbAt(ms / MINUTE_MS) * MB)
  return history.summary()
}

describe('the history of memory', () => {
  it('knows now, the peak of all time and the average of the last hour', () => {
    const history = new MemoryHistory()
    expect(history.summary()).toEqual({
      currentBytes: 0,
      peakBytes: 0,
      averageBytes: 0,
      trend: 'stable',
      growthMbPerHour: undefined,
    })
    history.add(START, 900 * MB)
    for (let minute = 1; minute <= 90; minute++) history.add(START + minute * MINUTE_MS, (100 + (minute % 2)) * MB)
    const { currentBytes, peakBytes, averageBytes } = history.summary()
    expect([currentBytes / MB, peakBytes / MB]).toEqual([100, 900])
    expect(averageBytes / MB).toBeCloseTo(100.5, 1)
  })

  it.each([1_000, 5_000, 60_000])('measures growth with a value every %i ms', (everyMs) => {
    const { trend, growthMbPerHour } = summaryOf(40, everyMs, (minute) => 200 + minute / 2)
    expect(trend).toBe('increasing')
    expect(growthMbPerHour).toBeCloseTo(30, 6)
  })

  it('measures that memory shrinks', () => {
    const { trend, growthMbPerHour } = summaryOf(40, 10_000, (minute) => 400 - minute)
    expect(trend).toBe('decreasing')
    expect(growthMbPerHour).toBeCloseTo(-60, 6)
  })

  it.each<[string, (minute: number) => number]>([
    ['slows down', (minute) => 200 + 10 * Math.sqrt(minute)],
    ['gets faster', (minute) => 200 + minute ** 2 / 40],
  ])('sees growth that %s', (_, mbAt) => {
    expect(summaryOf(50, 10_000, mbAt).trend).toBe('increasing')
  })

  it('tells of growth as soon as its least span is over, also when that is its whole window', () => {
    const history = new MemoryHistory({ windowMs: 3_600_000, minSpanMs: 3_600_000 })
    for (let minute = 0; minute < 60; minute++) history.add(START + minute * MINUTE_MS, (100 + minute) * MB)
    expect(history.summary().growthMbPerHour).toBeUndefined()
    history.add(START + 60 * MINUTE_MS, 160 * MB)
    expect(history.summary().growthMbPerHour).toBeCloseTo(60)
  })

  it('says nothing of growth before ten minutes', () => {
    expect(summaryOf(9, 1_000, (minute) => 100 + 50 * minute)).toMatchObject({
      trend: 'stable',
      growthMbPerHour: undefined,
    })
  })

  it('forgets what is older than its window', () => {
    const { trend, growthMbPerHour } = summaryOf(150, 10_000, (minute) => (minute < 60 ? minute * 10 : 600))
    expect({ trend, growthMbPerHour }).toEqual({ trend: 'stable', growthMbPerHour: 0 })
  })

  it('takes neither the saw-tooth of collections nor single peaks for a trend', () => {
    const random = seededRandom(7)
    const { trend, growthMbPerHour } = summaryOf(60, 10_000, (minute) => {
      const peak = random() < 0.02 ? 300 : 0
      return 100 + 60 * ((minute * 1.7) % 1) + 5 * random() + peak
    })
    expect(trend).toBe('stable')
    expect(Math.abs(Number(growthMbPerHour))).toBeLessThan(10)
  })

  it('sees growth through saw-tooth and peaks', () => {
    const random = seededRandom(8)
    const { trend, growthMbPerHour } = summaryOf(60, 10_000, (minute) => {
      const peak = random() < 0.02 ? 300 : 0
      return 100 + minute / 2 + 20 * ((minute * 1.7) % 1) + peak
    })
    expect(trend).toBe('increasing')
    expect(growthMbPerHour).toBeGreaterThan(25)
    expect(growthMbPerHour).toBeLessThan(35)
  })

  // How much one value is like the one before it: noise, and memory that wanders.
  it.each([
    [0, 4],
    [0.9, 10],
  ])('takes no trend from noise that persists by %f in more than %i of 200 hours', (persists, most) => {
    let found = 0
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed)
      let off = 0
      const { trend } = summaryOf(60, 10_000, () => {
        off = persists * off + Math.sqrt(1 - persists ** 2) * (random() - 0.5)
        return 200 + 40 * off
      })
      if (trend !== 'stable') found += 1
    }
    expect(found).toBeLessThanOrEqual(most)
  })

  it('begins anew when the clock is set back', () => {
    const history = new MemoryHistory()
    for (let minute = 0; minute < 30; minute++) history.add(START + minute * MINUTE_MS, (100 + minute) * MB)
    history.add(START - 60 * MINUTE_MS, 50 * MB)
    expect(history.summary()).toMatchObject({ averageBytes: 50 * MB, trend: 'stable', growthMbPerHour: undefined })
    for (let minute = 1; minute < 30; minute++) history.add(START + (minute - 60) * MINUTE_MS, 50 * MB)
    expect(history.summary()).toMatchObject({ trend: 'stable', growthMbPerHour: 0 })
  })

  it('refuses a span that is longer than its window', () => {
    expect(() => new MemoryHistory({ windowMs: 60_000, minSpanMs: 60_001 })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    )
  })
})
