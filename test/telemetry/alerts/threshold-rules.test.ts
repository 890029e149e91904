import { describe, expect, it } from 'vitest'
import type { AlertThresholds } from '../../../src/telemetry/alerts/alert-thresholds.ts'
import { Alerts } from '../../../src/telemetry/alerts/alerts.ts'
import { type AlertReadings, thresholdVerdicts } from '../../../src/telemetry/alerts/threshold-rules.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { SOURCE } from './findings.ts'

const THRESHOLDS: AlertThresholds = {
  memoryUsagePercent: 80,
  memoryCriticalPercent: 95,
  processMemoryMb: 400,
  vectorStoreSizeMb: 600,
  memoryGrowthRateMbPerHour: 30,
  memoryPressureScore: 70,
  cacheHitRateMin: 0.6,
  cpuPercent: 80,
}

const STORE = { store: 'redis', recentCalls: 4, recentFailures: 0, lastFailure: undefined }

/** Looks at readings, one after the other, and says which alerts last. */
function watch(given: Partial<AlertThresholds> = {}) {
  const alerts = new Alerts({ source: SOURCE, clock: new ManualClock() })
  const thresholds = { ...THRESHOLDS, ...given }
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
      pressure: { score: 45, level: 'low' },
      vectorStoreSizeMb: 150.5,
      processMemoryMb: 245.3,
      memoryGrowthRateMbPerHour: 2.1,
      cpuPercent: 35,
      caches: [{ name: 'redis', hits: 800, misses: 200 }],
      stores: [STORE],
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
    ['many vectors', { vectorStoreSizeMb: 612.34 }, 'warning: Vector store: 612.3 MB'],
    ['growth', { memoryGrowthRateMbPerHour: 31 }, 'warning: Memory grows by 31 MB per hour'],
    ['a busy processor', { cpuPercent: 91 }, 'warning: CPU: 91 % of what may be used'],
    [
      'a score from a threshold of its own on',
      { pressure: { score: 70.4, level: 'low' } },
      'warning: Memory pressure low: score 70 of 100',
    ],
    [
      'moderate pressure, whatever its score',
      { pressure: { score: 66, level: 'moderate' } },
      'warning: Memory pressure moderate: score 66 of 100',
    ],
    [
      'critical pressure',
      { pressure: { score: 97, level: 'critical' } },
      'critical: Memory pressure critical: score 97 of 100',
    ],
    [
      'work that is refused',
      { pressure: { score: 97, level: 'critical' }, isRefusingWork: true },
      'critical: Memory pressure critical, rejecting requests',
    ],
    [
      'a cold cache',
      { caches: [{ name: 'redis', hits: 59, misses: 41 }] },
      'warning: Cache redis answers 59 % of lookups, expected 60 %: consider a larger cache or a longer time to live',
    ],
    [
      'a store that is down',
      { stores: [{ ...STORE, recentFailures: 4, lastFailure: 'STORE_TIMEOUT' }] },
      'critical: Store redis fails: 4 of 4 calls, the last with STORE_TIMEOUT',
    ],
    [
      'a store that does not answer',
      { stores: [{ ...STORE, recentCalls: 0, stalledMs: 2_340 }] },
      'warning: Store redis does not answer: calls have waited for 2.3 s',
    ],
    [
      'a store that fails often',
      { stores: [{ ...STORE, recentFailures: 2, lastFailure: 'STORE_UNAVAILABLE' }] },
      'warning: Store redis fails: 2 of 4 calls, the last with STORE_UNAVAILABLE',
    ],
  ])('find %s', (_, readings, alert) => {
    expect(watch()(readings)).toEqual([alert])
  })

  it.each<[string, AlertReadings]>([
    ['a cache that was hardly asked', { caches: [{ name: 'redis', hits: 0, misses: 99 }] }],
    ['a call in four that failed', { stores: [{ ...STORE, recentFailures: 1, lastFailure: 'STORE_TIMEOUT' }] }],
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
    const store = (recentCalls: number, recentFailures: number) => ({
      stores: [{ store: 'redis', recentCalls, recentFailures, lastFailure: 'STORE_UNAVAILABLE' }],
    })
    expect(look(store(10, 10))).toHaveLength(1)
    expect(look(store(0, 0))).toHaveLength(1)
    expect(look(store(10, 3))).toHaveLength(1)
    expect(look(store(10, 0))).toHaveLength(0)
  })
  it('hear of a store that answers and refuses every call, until both are fine', () => {
    const look = watch()
    const calls = (recentCalls: number, recentFailures: number) => ({ ...STORE, recentCalls, recentFailures })
    const both = (...stores: AlertReadings['stores'] & object) => [
      look({ stores }),
      look({ stores: stores.toReversed() }),
    ]
    for (const alerts of both(calls(9, 9), calls(1, 0))) expect(alerts).toHaveLength(1)
    for (const alerts of both(calls(9, 2), calls(1, 0))) expect(alerts).toHaveLength(1)
    for (const alerts of both(calls(9, 0), calls(1, 1))) expect(alerts).toHaveLength(1)
    for (const alerts of both(calls(0, 0), calls(1, 0))) expect(alerts).toHaveLength(0)
  })

  it('take calls that were not even sent for no sign that a store is back', () => {
    const look = watch()
    expect(look({ stores: [{ ...STORE, recentCalls: 1_000, recentSilent: 990, recentFailures: 10 }] })).toHaveLength(1)
    expect(look({ stores: [{ ...STORE, recentCalls: 1_000, recentSilent: 1_000 }] })).toHaveLength(1)
    expect(look({ stores: [{ ...STORE, recentCalls: 1_000, recentSilent: 990 }] })).toHaveLength(0)
  })
})
