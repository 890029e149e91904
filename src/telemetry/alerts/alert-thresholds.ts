import { checkNames } from '../../lib/check-names.ts'
import { checkNumberOption, type NumberRange } from '../../lib/check-options.ts'

/** From which reading on an alert is raised. */
export interface AlertThresholds {
  /** Percent of the nearest limit: container, heap or `maxHeapMb`. @default 80 */
  readonly memoryUsagePercent?: number
  /** The same, from which on the alert is critical. @default 95 */
  readonly memoryUsageCriticalPercent?: number
  /** Resident memory, in MB. @default 400 */
  readonly processMemoryMb?: number
  /** @default 600 */
  readonly vectorStoreSizeMb?: number
  /** @default 30 */
  readonly memoryGrowthRateMbPerHour?: number
  /** From 0 to 100. @default 70 */
  readonly memoryPressureScore?: number
  /** From 0 to 1; an alert is raised below it. @default 0.6 */
  readonly cacheHitRateMin?: number
  /** Of the cores that the process may use. @default 80 */
  readonly cpuPercent?: number
}

export const ALERT_THRESHOLD_DEFAULTS: Readonly<Required<AlertThresholds>> = Object.freeze({
  memoryUsagePercent: 80,
  memoryUsageCriticalPercent: 95,
  processMemoryMb: 400,
  vectorStoreSizeMb: 600,
  memoryGrowthRateMbPerHour: 30,
  memoryPressureScore: 70,
  cacheHitRateMin: 0.6,
  cpuPercent: 80,
})

const PERCENT: NumberRange = [0, 100, false]
const MB: NumberRange = [0, Number.MAX_SAFE_INTEGER, false]

const RANGES: Readonly<Record<keyof AlertThresholds, NumberRange>> = {
  memoryUsagePercent: PERCENT,
  memoryUsageCriticalPercent: PERCENT,
  processMemoryMb: MB,
  vectorStoreSizeMb: MB,
  memoryGrowthRateMbPerHour: MB,
  memoryPressureScore: PERCENT,
  cacheHitRateMin: [0, 1, false],
  cpuPercent: PERCENT,
}

/**
 * Given thresholds over the defaults.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function alertThresholds(given: AlertThresholds = {}): Required<AlertThresholds> {
  checkNames('INVALID_OPTION', 'Cannot use option alertThresholds', given, Object.keys(RANGES))
  for (const [name, range] of Object.entries(RANGES)) {
    const value: unknown = Reflect.get(given, name)
    if (value !== undefined) checkNumberOption(`alertThresholds.${name}`, value, range)
  }
  return Object.freeze({ ...ALERT_THRESHOLD_DEFAULTS, ...given })
}
