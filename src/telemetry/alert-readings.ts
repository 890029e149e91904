import type { CacheReading } from './alerts/cache-rule.ts'
import type { StoreReading } from './alerts/store-rule.ts'
import type { AlertReadings } from './alerts/threshold-rules.ts'
import type { MemorySummary } from './process/memory-history.ts'
import type { ProfilerMetrics } from './profiler-metrics.ts'

const MB = 1024 * 1024

/**
 * What alerts go by, of one look and an earlier one: a cache tells what it ever did, and an alert is about what it did
 * in an interval. Nothing is said of caches where `before` is "too-soon": somebody looks more often.
 */
export function alertReadings(
  metrics: ProfilerMetrics,
  before: ProfilerMetrics | 'too-soon' | undefined,
  isRefusingWork: boolean,
): AlertReadings {
  const { process: sample, history, pressure, tiers, redis, gauges } = metrics
  const nearest = sample.limits.find(({ percent }) => percent === sample.percentUsed)
  const shared = tiers?.hot.shared
  return {
    memoryUsagePercent: sample.percentUsed,
    usedMb: nearest && nearest.usedBytes / MB,
    limitMb: nearest && nearest.limitBytes / MB,
    processMemoryMb: sample.rssBytes / MB,
    vectorStoreSizeMb: gauges.vectorStoreSizeMb,
    memoryGrowthRateMbPerHour: growthOf(history),
    cpuPercent: sample.cpuPercent,
    pressure,
    isRefusingWork,
    caches:
      before === 'too-soon'
        ? []
        : [
            ...readsSince('in-process', tiers?.hot, before?.tiers?.hot),
            ...readsSince('redis-cache', redis, before?.redis),
          ],
    stores: [
      ...metrics.stores,
      ...(shared === undefined ? [] : [reachability(shared.name, shared.isReachable)]),
      ...(redis === undefined ? [] : [reachability('redis-cache', redis.isReachable)]),
    ],
  }
}

interface Reads {
  readonly hits: number
  readonly misses: number
}

function readsSince(name: string, now: Reads | undefined, before: Reads | undefined): readonly CacheReading[] {
  if (now === undefined) return []
  const { hits, misses } = before ?? { hits: 0, misses: 0 }
  // Counts of a cache that was opened anew begin anew.
  return [{ name, hits: Math.max(0, now.hits - hits), misses: Math.max(0, now.misses - misses) }]
}

/** The slope of a memory that only wanders says nothing. */
function growthOf({ trend, growthMbPerHour }: MemorySummary): number | undefined {
  return growthMbPerHour === undefined || trend === 'increasing' ? growthMbPerHour : 0
}

/** A server that is asked at each look: what it answers is a call. */
function reachability(store: string, isReachable: boolean): StoreReading {
  const failure = isReachable ? undefined : 'STORE_UNAVAILABLE'
  return { store, recentCalls: 1, recentFailures: isReachable ? 0 : 1, lastFailure: failure }
}
