import type { PressureState } from './pressure/pressure.ts'
import type { MemorySummary } from './process/memory-history.ts'
import type { ProcessSample } from './process/process-sample.ts'
import type { RedisMetrics } from './tiers/redis-metrics.ts'
import type { StoreMetrics } from './tiers/store-metrics.ts'
import type { TierMetrics } from './tiers/tier-metrics.ts'

/** Everything that a profiler knows of its process at one moment. */
export interface ProfilerMetrics {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly process: ProcessSample
  /** How the memory of the process went: peak, rolling average, trend. */
  readonly history: MemorySummary
  readonly pressure: PressureState
  /** Undefined where no manager was given. */
  readonly tiers: TierMetrics | undefined
  /** Of all stores that were called since profiling began. */
  readonly stores: readonly StoreMetrics[]
  /** Undefined where no cache was given. */
  readonly redis: RedisMetrics | undefined
  /** Registered by the caller, by name. */
  readonly gauges: Readonly<Record<string, number>>
}

/** The promised figures of {@link MemoryProfiler.getMemoryStats}. */
export interface MemoryStats {
  /** The heap in use, and what it holds outside. */
  readonly allocatedBytes: number
  /** The highest that was ever sampled. */
  readonly peakUsageBytes: number
  readonly rssBytes: number
  readonly maxRssBytes: number
}
