/** What a Redis cache and its server do. Counts are since the cache connected. */
export interface RedisMetrics {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Whether the server said how it is doing. */
  readonly isReachable: boolean
  readonly hits: number
  readonly misses: number
  readonly hitRate: number
  /** The same since the last collection of metrics; undefined where nothing was read. */
  readonly recentHitRate: number | undefined
  readonly failures: number
  readonly recentFailures: number
  readonly lastError: string | undefined
  readonly evictions: number
  /** Per second. */
  readonly evictionRate: number
  readonly usedMemoryBytes: number | undefined
  /** 0 is no limit. */
  readonly maxMemoryBytes: number | undefined
  /** Of the limit; undefined where there is none, or while the server can't be asked. */
  readonly memoryPercent: number | undefined
  readonly maxMemoryPolicy: string | undefined
  readonly warnings: readonly string[]
}
