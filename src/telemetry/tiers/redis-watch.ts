import { type Clock, systemClock } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/error-message.ts'
import { within } from '../../lib/within.ts'
import { ratio, recentRatio } from './ratio.ts'
import type { RedisMetrics } from './redis-metrics.ts'

/** What is used of a cache on Redis; `RedisLRUCache` is one. */
export interface RedisSource {
  /** Answers in bounded time, also while the server does not. */
  getStats(): Promise<RedisSourceStats>
}

export interface RedisSourceStats {
  readonly hits: number
  readonly misses: number
  readonly failures: number
  readonly lastError: string | undefined
  readonly evictions: number
  readonly evictionRate: number
  /** Undefined while the server can't be asked. */
  readonly usedMemoryBytes: number | undefined
  readonly maxMemoryBytes: number | undefined
  readonly maxMemoryPolicy: string | undefined
  readonly warnings: readonly string[]
}

const NOTHING_YET: RedisSourceStats = Object.freeze({
  hits: 0,
  misses: 0,
  failures: 0,
  lastError: undefined,
  evictions: 0,
  evictionRate: 0,
  usedMemoryBytes: undefined,
  maxMemoryBytes: undefined,
  maxMemoryPolicy: undefined,
  warnings: Object.freeze([]),
})

/** A cache has deadlines of its own; another one must not keep everything else from being looked at. */
const MAX_MS = 10_000
const NEVER: AbortSignal = new AbortController().signal

/** Tells what one cache and its server do, and what the cache did since it was last asked. */
export class RedisWatch {
  readonly #source: RedisSource
  readonly #clock: Clock
  #before: RedisSourceStats | undefined

  constructor(source: RedisSource, clock: Clock = systemClock) {
    this.#source = source
    this.#clock = clock
  }

  /** Never rejects: a cache that can't be asked, such as one that isn't connected, is one that isn't reachable. */
  async collect(): Promise<RedisMetrics> {
    const before = this.#before
    const now = await this.#ask(before ?? NOTHING_YET)
    this.#before = now
    const { hits, misses, failures, usedMemoryBytes, maxMemoryBytes } = now
    const hasLimit = usedMemoryBytes !== undefined && maxMemoryBytes !== undefined && maxMemoryBytes > 0
    return Object.freeze({
      at: this.#clock.now(),
      isReachable: usedMemoryBytes !== undefined,
      hits,
      misses,
      hitRate: ratio(hits, hits + misses),
      recentHitRate: recentRatio(now, before),
      failures,
      recentFailures: Math.max(0, failures - (before?.failures ?? 0)),
      lastError: now.lastError,
      evictions: now.evictions,
      evictionRate: now.evictionRate,
      usedMemoryBytes,
      maxMemoryBytes,
      memoryPercent: hasLimit ? (100 * usedMemoryBytes) / maxMemoryBytes : undefined,
      maxMemoryPolicy: now.maxMemoryPolicy,
      warnings: now.warnings,
    })
  }

  async #ask(before: RedisSourceStats): Promise<RedisSourceStats> {
    try {
      const ask = (): Promise<RedisSourceStats> => this.#source.getStats()
      const tooLate = (): Error => new Error(`no answer within ${MAX_MS} ms`)
      return await within(this.#clock, MAX_MS, NEVER, ask, tooLate, { keepsAlive: false })
    } catch (error) {
      const lastError = errorMessage(error)
      return { ...before, lastError, usedMemoryBytes: undefined, maxMemoryBytes: undefined, maxMemoryPolicy: undefined }
    }
  }
}
