import { ThermoclineError } from '../errors.ts'
import type { DeferrableWork } from '../lib/deferrable-work.ts'
import type { BoundedCache } from '../lib/lru-bytes.ts'

/** What a manager can give up while it is open. */
export interface ReliefParts {
  readonly caches: readonly BoundedCache[]
  /** Packs and lets go of sessions that were used least lately, and says how many. */
  readonly packIdle: (maxSessions: number) => Promise<number>
}

/** What the caches of a manager hold in this process, in bytes, estimated. */
export interface CacheUse {
  readonly bytes: number
  /** What they may hold now. */
  readonly limitBytes: number
  /** What they may hold by the options. */
  readonly maxBytes: number
}

/** A smaller bound would free nothing to speak of, and take for ever to grow from. */
const MIN_LIMIT_BYTES = 64 * 1024

/**
 * What a manager does for a process that is short of memory: smaller caches, sessions packed early, and no work that can
 * wait. Whoever watches memory calls it; items that were acknowledged are never at stake.
 */
export class MemoryRelief {
  #parts: ReliefParts | undefined
  #refused: ReadonlySet<DeferrableWork> = new Set()
  #packing: Promise<number> | undefined

  /** Of a manager that was opened. */
  attach(parts: ReliefParts): void {
    this.#parts = parts
  }

  get cacheUse(): CacheUse {
    const sum = (of: (cache: BoundedCache) => number): number => this.#caches.reduce((all, one) => all + of(one), 0)
    return Object.freeze({
      bytes: sum(({ bytes }) => bytes),
      limitBytes: sum(({ limitBytes }) => limitBytes),
      maxBytes: sum(({ maxBytes }) => maxBytes),
    })
  }

  /**
   * Bounds each cache to a share of what it holds now; the bound never rises by it.
   * @returns Bytes given up, estimated; the heap shows them after the next collection
   */
  shrinkCaches(share: number): number {
    const before = this.cacheUse.bytes
    for (const cache of this.#caches) {
      cache.limit(Math.min(cache.limitBytes, Math.max(cache.bytes * share, MIN_LIMIT_BYTES)))
    }
    return before - this.cacheUse.bytes
  }

  /** Raises the bounds by a factor, at most to the options. True once all are there. */
  growCaches(factor: number): boolean {
    for (const cache of this.#caches) cache.limit(Math.max(cache.limitBytes * factor, MIN_LIMIT_BYTES))
    return this.#caches.every(({ limitBytes, maxBytes }) => limitBytes === maxBytes)
  }

  /** One run at a time: a second call shares the first. */
  packIdleSessions(maxSessions: number): Promise<number> {
    this.#packing ??= (this.#parts?.packIdle(maxSessions) ?? Promise.resolve(0)).finally(() => {
      this.#packing = undefined
    })
    return this.#packing
  }

  /** From now on these kinds of work, and no others, are refused or left undone. */
  refuse(kinds: readonly DeferrableWork[]): void {
    this.#refused = new Set(kinds)
  }

  refuses(work: DeferrableWork): boolean {
    return this.#refused.size > 0 && this.#refused.has(work)
  }

  /** @throws ThermoclineError `MEMORY_PRESSURE` */
  check(work: DeferrableWork, doing: string): void {
    if (!this.refuses(work)) return
    throw new ThermoclineError('MEMORY_PRESSURE', `Cannot ${doing}: the process is short of memory: try again later`, {
      details: { work },
    })
  }

  get #caches(): readonly BoundedCache[] {
    return this.#parts?.caches ?? []
  }
}
