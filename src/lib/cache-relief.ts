import type { DeferrableWork } from './deferrable-work.ts'
import type { BoundedCache } from './lru-bytes.ts'

/** What caches hold in this process, in bytes, estimated. */
export interface CacheUse {
  readonly bytes: number
  /** What they may hold now. */
  readonly limitBytes: number
  /** What they may hold by the options. */
  readonly maxBytes: number
}

/** A smaller bound would free nothing to speak of, and take for ever to grow from. */
const MIN_LIMIT_BYTES = 64 * 1024

/** What each of these holds, together. */
export function cacheUseOf(caches: Iterable<BoundedCache>): CacheUse {
  const use = { bytes: 0, limitBytes: 0, maxBytes: 0 }
  for (const { bytes, limitBytes, maxBytes } of caches) {
    use.bytes += bytes
    use.limitBytes += limitBytes
    use.maxBytes += maxBytes
  }
  return Object.freeze(use)
}

/**
 * Bounds each cache to a share of what it holds now; the bound never rises by it.
 * @returns Bytes given up, estimated; the heap shows them after the next collection
 */
export function shrinkCaches(caches: Iterable<BoundedCache>, share: number): number {
  let freedBytes = 0
  for (const cache of caches) {
    const before = cache.bytes
    cache.limit(Math.min(cache.limitBytes, Math.max(before * share, MIN_LIMIT_BYTES)))
    freedBytes += before - cache.bytes
  }
  return freedBytes
}

/** Raises the bounds by a factor, at most to the options. True once all are there. */
export function growCaches(caches: Iterable<BoundedCache>, factor: number): boolean {
  let isWhole = true
  for (const cache of caches) {
    cache.limit(Math.min(cache.maxBytes, Math.max(cache.limitBytes, MIN_LIMIT_BYTES) * factor))
    isWhole &&= cache.limitBytes === cache.maxBytes
  }
  return isWhole
}

/**
 * What a part of a program does for a process that is short of memory: smaller caches, and no work that can wait. Whoever
 * watches memory calls it. What the part answers is the same, only later.
 */
export abstract class CacheRelief {
  #refused: ReadonlySet<DeferrableWork> = new Set()

  /** All that it may be asked to give up. Some may be shared with other parts. */
  abstract readonly caches: readonly BoundedCache[]

  get cacheUse(): CacheUse {
    return cacheUseOf(this.caches)
  }

  /** As {@link shrinkCaches}, of all of its caches. */
  shrinkCaches(share: number): number {
    return shrinkCaches(this.caches, share)
  }

  /** As {@link growCaches}, of all of its caches. */
  growCaches(factor: number): boolean {
    return growCaches(this.caches, factor)
  }

  /** From now on these kinds of work, and no others, are refused or left undone. */
  refuse(kinds: readonly DeferrableWork[]): void {
    this.#refused = new Set(kinds)
  }

  refuses(work: DeferrableWork): boolean {
    return this.#refused.size > 0 && this.#refused.has(work)
  }
}
