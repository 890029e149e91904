import { checkNames } from '../lib/check-names.ts'
import { checkFunctionOption, checkNumberOption, checkWordOption, invalidOption } from '../lib/check-options.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { AlertChannel } from './alerts/alert-channel.ts'
import { type AlertThresholds, resolveAlertThresholds } from './alerts/alert-thresholds.ts'
import type { LogSink } from './channels/log-channel.ts'
import type { CloudProfilerOptions } from './cloud-profiler/cloud-profiler-options.ts'
import type { LeakReport } from './leaks/leak-report.ts'
import { type MemoryLimitConfig, type PressureOptions, resolvePressureOptions } from './memory-limit-config.ts'
import type { PressureGaugeOptions } from './pressure/gauge.ts'
import type { PressureResponseOptions } from './pressure/response.ts'
import { readHeapLimit } from './process/heap-limit.ts'
import { type Environment, limitNames, limitsFrom, timesFrom } from './profiler-environment.ts'

export interface MemoryProfilerOptions {
  /** Google Cloud project whose Cloud Profiler gets profiles. @default none: nothing is sent anywhere */
  readonly projectId?: string
  /** @default "memory-service" */
  readonly serviceName?: string
  /** Seconds between two looks at everything, 0.1 to 86,400. @default 60 */
  readonly profilingInterval?: number
  readonly alertThresholds?: Partial<AlertThresholds>
  /** Limits in MB, where percentages of V8's own and the container's don't do. */
  readonly limits?: MemoryLimitConfig
  /** Hears of each change of pressure, and of what was done against it, as lines for a log. @default none */
  readonly log?: LogSink
  /** Who is told of alerts. @default none but `memoryAlert` */
  readonly channels?: readonly AlertChannel[]
  /** From which use pressure begins. @default moderate 75 %, high 78 %, critical 87.5 % */
  readonly pressure?: PressureGaugeOptions
  /** What is done under pressure. @default PRESSURE_ACTIONS */
  readonly pressureResponse?: PressureResponseOptions
  /** @default true */
  readonly enableLeakDetection?: boolean
  /** Steady growth that counts as a leak, in MB. @default 100 */
  readonly leakDetectionThresholdMb?: number
  /**
   * How long a growth must last to be a leak, in milliseconds, 1000 to 30 days. The first minute after a start, or as much
   * as this if that is less, is not looked at. @default 1_800_000
   */
  readonly leakWindowMs?: number
  /** Called for each leak: a place to recover. */
  readonly onLeak?: (report: LeakReport) => unknown
  /** How profiles get to Google Cloud Profiler. */
  readonly cloudProfiler?: Omit<CloudProfilerOptions, 'projectId' | 'serviceName' | 'clock'>
  readonly clock?: Clock
  /**
   * Overrides options: `MEMORY_MAX_HEAP_MB`, `MEMORY_WARNING_THRESHOLD_MB`, `MEMORY_CRITICAL_THRESHOLD_MB`,
   * `MEMORY_MONITORING_INTERVAL_MS`, `MEMORY_LEAK_THRESHOLD_MB`. @default process.env
   */
  readonly env?: Environment
}

const MB = 1024 * 1024

export const MEMORY_PROFILER_DEFAULTS: {
  readonly serviceName: string
  readonly profilingInterval: number
  readonly enableLeakDetection: boolean
  readonly leakDetectionThresholdMb: number
  readonly leakWindowMs: number
} = Object.freeze({
  serviceName: 'memory-service',
  profilingInterval: 60,
  enableLeakDetection: true,
  leakDetectionThresholdMb: 100,
  leakWindowMs: 1_800_000,
})

/** Checked, with all defaults, and what the environment says. */
export interface ResolvedProfilerOptions
  extends Omit<MemoryProfilerOptions, 'alertThresholds' | 'env' | 'limits' | 'pressure' | 'pressureResponse'> {
  readonly serviceName: string
  readonly profilingInterval: number
  readonly enableLeakDetection: boolean
  readonly leakDetectionThresholdMb: number
  readonly leakWindowMs: number
  readonly alertThresholds: AlertThresholds
  readonly pressure: PressureOptions
  readonly channels: readonly AlertChannel[]
  readonly clock: Clock
}

const NAMES: readonly string[] = [
  ...Object.keys(MEMORY_PROFILER_DEFAULTS),
  ...['projectId', 'alertThresholds', 'limits', 'channels', 'log', 'pressure', 'pressureResponse', 'onLeak'],
  ...['cloudProfiler', 'clock', 'env'],
]

/** @throws ThermoclineError `INVALID_OPTION`, also for a variable of the environment that is no number */
export function resolveProfilerOptions(options: MemoryProfilerOptions): ResolvedProfilerOptions {
  checkNames('INVALID_OPTION', 'Cannot make a profiler', options, NAMES)
  const { env = process.env, alertThresholds, limits, pressure, pressureResponse, ...given } = options
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const all = { ...MEMORY_PROFILER_DEFAULTS, ...(said as typeof given), ...timesFrom(env) }
  checkNumberOption('profilingInterval', all.profilingInterval, [0.1, 86_400, false])
  checkNumberOption('leakDetectionThresholdMb', all.leakDetectionThresholdMb, [0.1, 1_000_000, false])
  checkNumberOption('leakWindowMs', all.leakWindowMs, [1000, 30 * 86_400_000, false])
  checkWordOption('enableLeakDetection', all.enableLeakDetection, [true, false])
  checkFunctionOption('log', all.log)
  checkFunctionOption('onLeak', all.onLeak)
  if (typeof all.serviceName !== 'string' || all.serviceName === '') {
    throw invalidOption('serviceName', 'a name', all.serviceName)
  }
  return {
    ...all,
    alertThresholds: resolveAlertThresholds(alertThresholds),
    pressure: resolvePressureOptions(
      { limits: limitsFrom(env, limits ?? {}), pressure, pressureResponse, names: limitNames(env) },
      readHeapLimit() / MB,
    ),
    channels: all.channels ?? [],
    clock: all.clock ?? systemClock,
  }
}
