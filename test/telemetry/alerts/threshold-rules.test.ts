import { describe, expect, it } from 'vitest'
import { type AlertThresholds, alertThresholds } from '../../../src/telemetry/alerts/alert-thresholds.ts'
import { Alerts } from '../../../src/telemetry/alerts/alerts.ts'
import { type AlertReadings, thresholdVerdicts } from '../../../src/telemetry/alerts/threshold-rules.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { SOURCE } from './findings.ts'

function watch(given?: AlertThresholds) {
  const alerts = new Alerts({ source: SOURCE, clock: new ManualClock() })
  const thresholds = alertThresholds(given)
  return (readings: AlertReadings): string[] => {
    alerts.settle(thresholdVerdicts(readings, thresholds, (kind, subject) => alerts.isLasting(kind, subject)))
    return alerts.getAlerts().map(({ severity, message }) => `${severity}: ${message}`)
  }
}

describe('the thresholds', () => {
  it('find nothing wrong with ordinary readings', () => {
    const look = watch()
    const readings = {
      memoryUsagePercent: 58.2,
      memoryPressureScore: 45,
      memoryPressure: 'low',
      vectorStoreSizeMb: 150.5,
      processMemoryMb: 245.3,
      memoryGrowthRateMbPerHour: 2.1,
      cpuPercent: 35,
      caches: [{ name: 'redis', hits: 800, misses: 200 }],
      stores: [{ name: 'redis', calls: 50, errorsByCode: {} }],
    } as const
    expect(look(readings)).toEqual([])
  })

  it.each<[string, AlertReadings, string]>([
    [
      'memory near its limit',
      { memoryUsagePercent: 88, usedMb: 880, limitMb: 1000 },
      'warning: Memory warning threshold passed: 880 MB used, 1000 MB limit',
    ],
    [
      'memory close to its limit',
      { memoryUsagePercent: 95, usedMb: 950, limitMb: 1000 },
      'critical: Memory critical threshold passed: 950 MB used, 1000 MB limit',
    ],
    [
      'memory over its limit',
      { memoryUsagePercent: 101, usedMb: 1010, limitMb: 1000 },
      'critical: Memory limit exceeded: 1010 MB used, 1000 MB limit',
    ],
    ['a large process', { processMemoryMb: 400.04 }, 'warning: Process memory: 400 MB'],
    ['many vectors', { vectorStoreSizeMb: 612.34 }, 'warning: Vectors: 612.3 MB'],
    ['growth', { memoryGrowthRateMbPerHour: 31 }, 'warning: Memory grows: 31 MB per hour'],
    ['a busy processor', { cpuPercent: 91 }, 'warning: CPU: 91 % of what may be used'],
    ['a score without a level', { memoryPressureScore: 70 }, 'warning: Memory pressure high: score 70 of 100'],
    [
      'moderate pressure, whatever its score',
      { memoryPressureScore: 55, memoryPressure: 'moderate' },
      'info: Memory pressure moderate: score 55 of 100',
    ],
    [
      'critical pressure',
      { memoryPressureScore: 97, memoryPressure: 'critical' },
      'critical: Memory pressure critical: score 97 of 100',
    ],
    [
      'work that is refused',
      { memoryPressureScore: 97, memoryPressure: 'critical', isRefusingWork: true },
      'critical: Memory pressure critical, rejecting requests',
    ],
    [
      'a cold cache',
      { caches: [{ name: 'redis', hits: 59, misses: 41 }] },
      'warning: Cache redis answers 59 % of lookups, expected 60 %: consider a larger cache or a longer time to live',
    ],
    [
      'a store that is down',
      { stores: [{ name: 'redis', calls: 4, errorsByCode: { STORE_TIMEOUT: 3, STORE_UNAVAILABLE: 1 } }] },
      'critical: Store redis fails: 4 of 4 calls ended with STORE_TIMEOUT or the like',
    ],
  ])('find %s', (_, readings, alert) => {
    expect(watch()(readings)).toEqual([alert])
  })

  it.each<[string, AlertReadings]>([
    ['a cache that was hardly asked', { caches: [{ name: 'redis', hits: 0, misses: 99 }] }],
    [
      'conflicts, which only a store that works can have',
      { stores: [{ name: 'a', calls: 2, errorsByCode: { CONFLICT: 2 } }] },
    ],
    ['a call in three that failed', { stores: [{ name: 'a', calls: 3, errorsByCode: { STORE_TIMEOUT: 1 } }] }],
    ['what is not known', {}],
  ])('say nothing of %s', (_, readings) => {
    expect(watch()(readings)).toEqual([])
  })

  it('let an alert end a little below where it began', () => {
    const look = watch({ cpuPercent: 80, cacheHitRateMin: 0.6 })
    const cache = (hits: number) => ({ caches: [{ name: 'l1', hits, misses: 1_000 - hits }] })
    expect(look({ cpuPercent: 80 })).toHaveLength(1)
    expect(look({ cpuPercent: 77 })).toHaveLength(1)
    expect(look({ cpuPercent: 75 })).toHaveLength(0)
    expect(look(cache(590))).toHaveLength(1)
    expect(look(cache(610))).toHaveLength(1)
    expect(look(cache(640))).toHaveLength(0)
  })

  it('let an alert last while a store is not asked, and end it with the first calls that succeed', () => {
    const look = watch()
    const store = (calls: number, failed: number) => ({
      stores: [{ name: 'redis', calls, errorsByCode: { STORE_UNAVAILABLE: failed } }],
    })
    expect(look(store(10, 10))).toHaveLength(1)
    expect(look(store(0, 0))).toHaveLength(1)
    expect(look(store(10, 3))).toHaveLength(1)
    expect(look(store(10, 0))).toHaveLength(0)
  })

  it('refuse names that are none, and values out of range', () => {
    expect(() => alertThresholds({ cpuPercents: 3 } as AlertThresholds)).toThrow(/did you mean cpuPercent/)
    expect(() => alertThresholds({ cacheHitRateMin: 60 })).toThrow(/alertThresholds.cacheHitRateMin/)
  })
})
