import { invalidOption } from '../lib/check-options.ts'
import type { MemoryLimitConfig } from './memory-limit-config.ts'

/** What a deployment may set without touching the program. */
export type Environment = Readonly<Record<string, string | undefined>>

const LIMITS = {
  maxHeapMb: 'MEMORY_MAX_HEAP_MB',
  warningThresholdMb: 'MEMORY_WARNING_THRESHOLD_MB',
  criticalThresholdMb: 'MEMORY_CRITICAL_THRESHOLD_MB',
} as const satisfies { readonly [name in keyof MemoryLimitConfig]?: string }

/** @throws ThermoclineError `INVALID_OPTION`, for what is no number, or none that makes sense */
export function timesFrom(env: Environment): { profilingInterval?: number; leakDetectionThresholdMb?: number } {
  const intervalMs = numberIn(env, 'MEMORY_MONITORING_INTERVAL_MS', 100, 86_400_000)
  const leakMb = numberIn(env, 'MEMORY_LEAK_THRESHOLD_MB', 0.1, 1_000_000)
  return {
    ...(intervalMs !== undefined && { profilingInterval: intervalMs / 1000 }),
    ...(leakMb !== undefined && { leakDetectionThresholdMb: leakMb }),
  }
}

/**
 * Limits of the options with those of the environment over them. Where that sets any, thresholds of the options are left
 * out: they were chosen for another limit, and must not end the program at its start.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function limitsFrom(env: Environment, limits: MemoryLimitConfig): MemoryLimitConfig {
  const given: { -readonly [name in keyof MemoryLimitConfig]: MemoryLimitConfig[name] } = {}
  for (const [name, variable] of Object.entries(LIMITS) as [keyof typeof LIMITS, string][]) {
    const mb = numberIn(env, variable, 1, 1_048_576)
    if (mb !== undefined) given[name] = mb
  }
  if (Object.keys(given).length === 0) return limits
  const { maxHeapMb, enableGcPressure } = limits
  return {
    ...(enableGcPressure !== undefined && { enableGcPressure }),
    ...(maxHeapMb !== undefined && { maxHeapMb }),
    ...given,
  }
}

/** What an option that came from the environment is called there, for messages. */
export function limitNames(env: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(LIMITS).filter(([, variable]) => (env[variable] ?? '').trim() !== ''))
}

function numberIn(env: Environment, name: string, min: number, max: number): number | undefined {
  const text = env[name]?.trim()
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (value >= min && value <= max) return value
  throw invalidOption(name, `a number from ${min} to ${max}, without a unit`, Number.isNaN(value) ? text : value)
}
