import type { AlertedPressure, AlertKind, AlertSeverity, Finding } from './alert.ts'
import type { AlertThresholds } from './alert-thresholds.ts'
import { storeVerdict } from './store-rule.ts'
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
  readonly memoryPressureScore?: number | undefined
  readonly memoryPressure?: 'low' | AlertedPressure | undefined
  /** True while work that can wait is refused. */
  readonly isRefusingWork?: boolean | undefined
  readonly cpuPercent?: number | undefined
  readonly caches?: readonly CacheReading[] | undefined
  readonly stores?: readonly StoreReading[] | undefined
}

/** Of the last interval, not since the start: what lies long ago must not hide what happens now. */
export interface CacheReading {
  readonly name: string
  readonly hits: number
  readonly misses: number
}

/** Calls that ended in the last interval. */
export interface StoreReading {
  readonly name: string
  readonly calls: number
  readonly errorsByCode: Readonly<Record<string, number>>
}

/** Fewer lookups than this say nothing of a hit rate. */
const MIN_LOOKUPS = 100
/** An alert that lasts ends at 95 % of its threshold, so that a reading that wavers around it doesn't begin it anew. */
const RELEASE = 0.95

type ThresholdKind = Exclude<AlertKind, 'memoryLeak' | 'storeFailing' | 'memoryPressure'>

/** Compares readings with thresholds. `isLasting` says whether an alert has begun and not yet ended. */
export function thresholdVerdicts(
  readings: AlertReadings,
  thresholds: Required<AlertThresholds>,
  isLasting: (kind: AlertKind, subject: string) => boolean,
): readonly Verdict[] {
  const verdicts: Verdict[] = []

  function above(
    kind: ThresholdKind,
    value: number | undefined,
    threshold: number,
    message: string,
    severity: AlertSeverity = 'warning',
  ): void {
    if (value === undefined) return
    const isFine = value < (isLasting(kind, '') ? threshold * RELEASE : threshold)
    verdicts.push(isFine ? fine(kind) : found({ kind, subject: '', severity, message, facts: { value, threshold } }))
  }

  const { memoryUsagePercent: usage, processMemoryMb, vectorStoreSizeMb, memoryGrowthRateMbPerHour } = readings
  const isCritical = usage !== undefined && usage >= thresholds.memoryUsageCriticalPercent
  above(
    'memoryUsage',
    usage,
    thresholds.memoryUsagePercent,
    usageMessage(readings, isCritical),
    isCritical ? 'critical' : 'warning',
  )
  above('processMemory', processMemoryMb, thresholds.processMemoryMb, say('Process memory', processMemoryMb, 'MB'))
  above('vectorStoreSize', vectorStoreSizeMb, thresholds.vectorStoreSizeMb, say('Vectors', vectorStoreSizeMb, 'MB'))
  above(
    'memoryGrowth',
    memoryGrowthRateMbPerHour,
    thresholds.memoryGrowthRateMbPerHour,
    say('Memory grows', memoryGrowthRateMbPerHour, 'MB per hour'),
  )
  above('cpu', readings.cpuPercent, thresholds.cpuPercent, say('CPU', readings.cpuPercent, '% of what may be used'))

  const pressure = pressureVerdict(readings, thresholds, isLasting('memoryPressure', ''))
  if (pressure !== undefined) verdicts.push(pressure)
  for (const cache of readings.caches ?? []) {
    const verdict = cacheVerdict(cache, thresholds.cacheHitRateMin, isLasting('cacheHitRate', cache.name))
    if (verdict !== undefined) verdicts.push(verdict)
  }
  for (const store of readings.stores ?? []) {
    const verdict = storeVerdict(store)
    if (verdict !== undefined) verdicts.push(verdict)
  }
  return verdicts
}

/** A level above low is an alert by itself; a score alone is one from its threshold on. */
function pressureVerdict(
  { memoryPressureScore: score, memoryPressure: level, isRefusingWork }: AlertReadings,
  { memoryPressureScore: threshold }: Required<AlertThresholds>,
  isLasting: boolean,
): Verdict | undefined {
  if (score === undefined) return undefined
  const isOver = score >= (isLasting && level === undefined ? threshold * RELEASE : threshold)
  const alerted = level === undefined || level === 'low' ? (isOver ? 'high' : undefined) : level
  if (alerted === undefined) return fine('memoryPressure')
  return found({
    kind: 'memoryPressure',
    subject: '',
    severity: PRESSURE_SEVERITY[alerted],
    message:
      alerted === 'critical' && isRefusingWork === true
        ? 'Memory pressure critical, rejecting requests'
        : `Memory pressure ${alerted}: score ${Math.round(score)} of 100`,
    facts: { value: score, threshold, level: alerted },
  })
}

const PRESSURE_SEVERITY: Readonly<Record<AlertedPressure, AlertSeverity>> = {
  moderate: 'info',
  high: 'warning',
  critical: 'critical',
}

function cacheVerdict(
  { name, hits, misses }: CacheReading,
  threshold: number,
  isLasting: boolean,
): Verdict | undefined {
  if (hits + misses < MIN_LOOKUPS) return undefined
  const value = hits / (hits + misses)
  if (value >= (isLasting ? Math.min(1, threshold / RELEASE) : threshold)) return fine('cacheHitRate', name)
  const finding: Finding = {
    kind: 'cacheHitRate',
    subject: name,
    severity: 'warning',
    message: `Cache ${name} answers ${Math.round(value * 100)} % of lookups, expected ${Math.round(threshold * 100)} %: consider a larger cache or a longer time to live`,
    facts: { value, threshold },
  }
  return found(finding)
}

function usageMessage({ memoryUsagePercent: percent, usedMb, limitMb }: AlertReadings, isCritical: boolean): string {
  if (percent === undefined) return ''
  const amounts =
    usedMb === undefined || limitMb === undefined
      ? `${Math.round(percent)} % used`
      : `${Math.round(usedMb)} MB used, ${Math.round(limitMb)} MB limit`
  if (percent >= 100) return `Memory limit exceeded: ${amounts}`
  return `Memory ${isCritical ? 'critical' : 'warning'} threshold passed: ${amounts}`
}

function say(what: string, value: number | undefined, unit: string): string {
  return value === undefined ? '' : `${what}: ${Math.round(value * 10) / 10} ${unit}`
}
