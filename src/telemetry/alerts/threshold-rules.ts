import type { AlertKind, AlertSeverity, PressureLevel } from './alert.ts'
import type { AlertThresholds } from './alert-thresholds.ts'
import { type CacheReading, cacheVerdict } from './cache-rule.ts'
import { type StoreReading, storeVerdicts } from './store-rule.ts'
import { fine, found, type Verdict } from './verdict.ts'

/** What rules look at. What isn't known is left out, and nothing is said about it. */
export interface AlertReadings {
  readonly memoryUsagePercent?: number | undefined
  /** Both for texts: what is used of the limit that the percentage refers to. */
  readonly usedMb?: number | undefined
  readonly limitMb?: number | undefined
  readonly processMemoryMb?: number | undefined
  readonly vectorStoreSizeMb?: number | undefined
  readonly memoryGrowthRateMbPerHour?: number | undefined
  readonly cpuPercent?: number | undefined
  readonly pressure?: { readonly score: number; readonly level: PressureLevel } | undefined
  /** True while work that can wait is refused. */
  readonly isRefusingWork?: boolean | undefined
  readonly caches?: readonly CacheReading[] | undefined
  readonly stores?: readonly StoreReading[] | undefined
}

/** An alert that lasts ends at 95 % of its threshold, so that a reading that wavers around it doesn't begin it anew. */
const RELEASE = 0.95

type PlainKind = 'memoryUsage' | 'processMemory' | 'vectorStoreSize' | 'memoryGrowth' | 'cpu'

/** A reading that should stay below a threshold. */
interface PlainRule {
  readonly kind: PlainKind
  readonly value: number | undefined
  readonly threshold: number
  readonly severity?: AlertSeverity
  readonly say: (value: number) => string
}

/** Compares readings with thresholds. `isLasting` says whether an alert has begun and not yet ended. */
export function thresholdVerdicts(
  readings: AlertReadings,
  thresholds: AlertThresholds,
  isLasting: (kind: AlertKind, subject: string) => boolean,
): readonly Verdict[] {
  const { caches = [], stores = [] } = readings
  return [
    ...plainRules(readings, thresholds).map((rule) => plainVerdict(rule, isLasting(rule.kind, ''))),
    pressureVerdict(readings, thresholds.memoryPressureScore),
    ...caches.map((cache) => cacheVerdict(cache, thresholds.cacheHitRateMin, isLasting('cacheHitRate', cache.name))),
    ...storeVerdicts(stores),
  ].filter((verdict) => verdict !== undefined)
}

function plainRules(readings: AlertReadings, thresholds: AlertThresholds): readonly PlainRule[] {
  const { memoryUsagePercent = 0 } = readings
  const severity = memoryUsagePercent >= thresholds.memoryCriticalPercent ? 'critical' : 'warning'
  return [
    {
      kind: 'memoryUsage',
      value: readings.memoryUsagePercent,
      threshold: thresholds.memoryUsagePercent,
      severity,
      say: (value) => usageMessage(value, severity, readings),
    },
    {
      kind: 'processMemory',
      value: readings.processMemoryMb,
      threshold: thresholds.processMemoryMb,
      say: (value) => `Process memory: ${rounded(value)} MB`,
    },
    {
      kind: 'vectorStoreSize',
      value: readings.vectorStoreSizeMb,
      threshold: thresholds.vectorStoreSizeMb,
      say: (value) => `Vector store: ${rounded(value)} MB`,
    },
    {
      kind: 'memoryGrowth',
      value: readings.memoryGrowthRateMbPerHour,
      threshold: thresholds.memoryGrowthRateMbPerHour,
      say: (value) => `Memory grows by ${rounded(value)} MB per hour`,
    },
    {
      kind: 'cpu',
      value: readings.cpuPercent,
      threshold: thresholds.cpuPercent,
      say: (value) => `CPU: ${rounded(value)} % of what may be used`,
    },
  ]
}

function plainVerdict(rule: PlainRule, isLasting: boolean): Verdict | undefined {
  const { kind, value, threshold, severity = 'warning', say } = rule
  if (value === undefined) return undefined
  if (value < (isLasting ? threshold * RELEASE : threshold)) return fine(kind)
  return found({ kind, subject: '', severity, message: say(value), facts: { value, threshold } })
}

/** A level above low is an alert whatever the threshold; levels waver less than scores, as they have a hysteresis. */
function pressureVerdict({ pressure, isRefusingWork = false }: AlertReadings, threshold: number): Verdict | undefined {
  if (pressure === undefined) return undefined
  const { score, level } = pressure
  if (level === 'low' && score < threshold) return fine('memoryPressure')
  const isCritical = level === 'critical'
  return found({
    kind: 'memoryPressure',
    subject: '',
    severity: isCritical ? 'critical' : 'warning',
    message:
      isCritical && isRefusingWork
        ? 'Memory pressure critical, rejecting requests'
        : `Memory pressure ${level}: score ${Math.round(score)} of 100`,
    facts: { value: score, threshold, level },
  })
}

function usageMessage(percent: number, severity: AlertSeverity, { usedMb, limitMb }: AlertReadings): string {
  const amounts =
    usedMb === undefined || limitMb === undefined
      ? `${Math.round(percent)} % used`
      : `${Math.round(usedMb)} MB used, ${Math.round(limitMb)} MB limit`
  return percent >= 100 ? `Memory limit exceeded: ${amounts}` : `Memory ${severity} threshold passed: ${amounts}`
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
