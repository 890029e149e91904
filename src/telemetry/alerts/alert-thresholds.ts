import { checkNames } from '../../lib/check-names.ts'
import { checkNumberOption, invalidOption } from '../../lib/check-options.ts'

/** From which reading on something is told. */
export interface AlertThresholds {
  /** Percent of the nearest limit: of the container, of V8's heap, or `maxHeapMb`. @default 80 */
  readonly memoryUsagePercent: number
  /** From there on the same is critical. @default 95 */
  readonly memoryCriticalPercent: number
  /** Memory that the process holds, in MB (2^20 bytes). @default 400 */
  readonly processMemoryMb: number
  /** Of the gauge that is registered as `vectorStoreSizeMb`. @default 600 */
  readonly vectorStoreSizeMb: number
  /** MB per hour, once there are enough samples to tell. @default 30 */
  readonly memoryGrowthRateMbPerHour: number
  /** 0 to 100. @default 70 */
  readonly memoryPressureScore: number
  /** Lowest share of reads that a cache answers, 0 to 1, of at least 100 reads in an interval. @default 0.6 */
  readonly cacheHitRateMin: number
  /** Of the cores that the process may use. @default 80 */
  readonly cpuPercent: number
}

export const ALERT_THRESHOLD_DEFAULTS: AlertThresholds = Object.freeze({
  memoryUsagePercent: 80,
  memoryCriticalPercent: 95,
  processMemoryMb: 400,
  vectorStoreSizeMb: 600,
  memoryGrowthRateMbPerHour: 30,
  memoryPressureScore: 70,
  cacheHitRateMin: 0.6,
  cpuPercent: 80,
})

const HIGHEST: Readonly<Record<keyof AlertThresholds, number>> = {
  memoryUsagePercent: 100,
  memoryCriticalPercent: 100,
  processMemoryMb: 2 ** 26,
  vectorStoreSizeMb: 2 ** 26,
  memoryGrowthRateMbPerHour: 2 ** 30,
  memoryPressureScore: 100,
  cacheHitRateMin: 1,
  cpuPercent: 100,
}

const LOWEST: { readonly [name in keyof AlertThresholds]?: number } = {
  memoryUsagePercent: 1,
  memoryCriticalPercent: 1,
  memoryPressureScore: 1,
  cpuPercent: 1,
}

/** @throws ThermoclineError `INVALID_OPTION` */
export function resolveAlertThresholds(given: Partial<AlertThresholds> = {}): AlertThresholds {
  const names = Object.keys(ALERT_THRESHOLD_DEFAULTS) as (keyof AlertThresholds)[]
  checkNames('INVALID_OPTION', 'Cannot use alertThresholds', given, names)
  const thresholds = { ...ALERT_THRESHOLD_DEFAULTS, ...given }
  // A share where a percentage is meant, and bytes where megabytes are, are slips.
  for (const name of names) checkNumberOption(name, thresholds[name], [LOWEST[name] ?? 0, HIGHEST[name], false])
  const { memoryUsagePercent, memoryCriticalPercent } = thresholds
  if (memoryCriticalPercent >= memoryUsagePercent) return Object.freeze(thresholds)
  throw invalidOption(
    'memoryCriticalPercent',
    `at least memoryUsagePercent, ${memoryUsagePercent}`,
    memoryCriticalPercent,
  )
}
