import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PressureGauge } from '../../../src/telemetry/pressure/gauge.ts'
import type { PressureReading } from '../../../src/telemetry/pressure/pressure.ts'

function reading(percentUsed: number, more: Partial<PressureReading> = {}): PressureReading {
  return { at: 0, percentUsed, ...more }
}

describe('a gauge', () => {
  it('calls the sample readings of the seed documents low', () => {
    // Usage 58.2 %, growing by 2.1 MB an hour of a limit of 421.5 MB.
    const state = new PressureGauge().update(reading(58.2, { percentPerMinute: (100 * 2.1) / 421.5 / 60 }))
    expect(state.level).toBe('low')
    expect(Math.round(state.score)).toBeLessThanOrEqual(45)
  })

  it.each([
    [0, 'low', 0],
    [60, 'low', 45],
    [74, 'low', 68],
    [75, 'moderate', 70],
    [78, 'high', 80],
    [87, 'high', 89],
    [87.5, 'critical', 90],
    [100, 'critical', 100],
    [130, 'critical', 100],
  ])('at %s percent of the limit says %s, with a score of %d', (percent, level, score) => {
    const state = new PressureGauge().update(reading(percent))
    expect(state).toMatchObject({ level, signal: 'use', before: 'low' })
    expect(Math.floor(state.score)).toBe(score)
  })

  it('follows thresholds of the caller', () => {
    const gauge = new PressureGauge({ moderatePercent: 50, highPercent: 60, criticalPercent: 70 })
    expect([49, 50, 60, 70].map((percent) => gauge.update(reading(percent)).level)).toEqual([
      'low',
      'moderate',
      'high',
      'critical',
    ])
  })

  it('keeps a level until the score is well below, and then goes down one level a reading', () => {
    const gauge = new PressureGauge()
    const levels = [76, 74, 73, 71, 95, 86.5, 82, 20, 20, 20].map((percent) => gauge.update(reading(percent)).level)
    const [risen, held] = [levels.slice(0, 4), levels.slice(4)]
    expect(risen).toEqual(['moderate', 'moderate', 'moderate', 'low'])
    expect(held).toEqual(['critical', 'critical', 'high', 'moderate', 'low', 'low'])
  })

  it('foresees a limit that is a minute away, but not in a process that has just begun', () => {
    expect(new PressureGauge().update(reading(65, { percentPerMinute: 36 }))).toMatchObject({
      level: 'moderate',
      signal: 'growth',
    })
    expect(new PressureGauge().update(reading(20, { percentPerMinute: 200 })).level).toBe('low')
    expect(new PressureGauge().update(reading(65, { percentPerMinute: -36 })).signal).toBe('use')
  })

  it('sees a process that does little but collect', () => {
    const state = new PressureGauge().update(reading(70, { collectingRatio: 0.5 }))
    expect(state).toMatchObject({ level: 'high', signal: 'collecting' })
  })

  it('never calls it critical for growth or collections alone, and never has a score outside 0 to 100', () => {
    const any = fc.record({
      percentUsed: fc.double({ min: 0, max: 300, noNaN: true }),
      percentPerMinute: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      collectingRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(any, (given) => {
        const { level, score } = new PressureGauge().update({ at: 0, ...given })
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score).toBeLessThanOrEqual(100)
        if (level === 'critical') expect(given.percentUsed).toBeGreaterThanOrEqual(87.5)
      }),
    )
  })

  it.each<[object, string]>([
    [{ moderatePercent: 90, highPercent: 80 }, 'highPercent'],
    [{ criticalPercent: 101 }, 'criticalPercent'],
    [{ hysteresis: -1 }, 'hysteresis'],
    [{ moderatePercnt: 70 }, 'moderatePercent'],
  ])('refuses %o', (options, name) => {
    expect(() => new PressureGauge(options)).toThrow(name)
  })
})
