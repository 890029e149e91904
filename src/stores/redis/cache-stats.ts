/** What a `RedisLRUCache` did, and how its server is doing. Numbers are since `connect`. */
export interface RedisLRUCacheStats {
  readonly hits: number
  /** Reads that gave nothing, failed ones too. */
  readonly misses: number
  /** Of all reads, 0 to 1; 0 where there were none. */
  readonly hitRate: number
  /** Calls that Redis did not do in time, or not at all. */
  readonly failures: number
  /** Why the last of them failed. */
  readonly lastError: string | undefined
  /** Keys that the server evicted to make room, whoever set them: Redis does not count by prefix. */
  readonly evictions: number
  /** The same per second. */
  readonly evictionRate: number
  /** Memory that the server uses for all that it holds, this cache or not; undefined while it can't be asked. */
  readonly usedMemoryBytes: number | undefined
  /** Where the server begins to evict; 0 is no limit. Of a cluster all primaries together. */
  readonly maxMemoryBytes: number | undefined
  /** The lowest limit of a primary: the first that evicts. */
  readonly smallestMaxMemoryBytes: number | undefined
  /** The policy in force, as Redis calls it. */
  readonly maxMemoryPolicy: string | undefined
  /** Whether limit and policy are just what was asked for; undefined while the server can't be asked. */
  readonly isAsConfigured: boolean | undefined
  /** What keeps the server from doing what was asked, in sentences for people. */
  readonly warnings: readonly string[]
}
