import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { COLLECTION_KINDS, type CollectionCount, type CollectionKind, type Collections } from './process-sample.ts'

const MAJOR = constants.NODE_PERFORMANCE_GC_MAJOR
const FORCED = constants.NODE_PERFORMANCE_GC_FLAGS_FORCED

const KINDS: ReadonlyMap<number, CollectionKind> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  // Of V8's other collector of the young generation.
  [2, 'minor'],
  [MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak-callbacks'],
])

const NONE: CollectionCount = Object.freeze({ count: 0, pauseMs: 0, maxPauseMs: 0 })

interface Detail {
  readonly kind: number
  readonly flags: number
}

/** Counts collections of garbage from `start` on. Node tells of one in the turn of the event loop after it. */
export class CollectionCounter {
  readonly #observer: PerformanceObserver
  readonly #counts = new Map<CollectionKind, CollectionCount>()
  #unforcedPauseMs = 0

  /**
   * @param onMajor is called soon after a full collection, before much else was allocated, and once for those that came
   * one right after the other; by then the memory of dropped array buffers is given back too
   */
  constructor(onMajor: () => void = () => undefined) {
    this.#observer = new PerformanceObserver((list) => {
      let hasMajor = false
      for (const entry of list.getEntries()) hasMajor = this.#count(entry) === 'major' || hasMajor
      if (hasMajor) onMajor()
    })
  }

  /** Counts anew. */
  start(): void {
    this.#counts.clear()
    this.#unforcedPauseMs = 0
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  stop(): void {
    this.#observer.disconnect()
  }

  collections(): Collections {
    const counts: { [kind in CollectionKind]?: CollectionCount } = {}
    for (const kind of COLLECTION_KINDS) counts[kind] = this.#counts.get(kind) ?? NONE
    return Object.freeze(counts as Collections)
  }

  /** What full collections took that nobody asked for. */
  get unforcedPauseMs(): number {
    return this.#unforcedPauseMs
  }

  #count(entry: PerformanceEntry): CollectionKind | undefined {
    const { duration, detail } = entry as PerformanceEntry & { readonly detail: Detail }
    const kind = KINDS.get(detail.kind)
    if (kind === undefined) return undefined
    if (detail.kind === MAJOR && (detail.flags & FORCED) === 0) this.#unforcedPauseMs += duration
    const before = this.#counts.get(kind) ?? NONE
    this.#counts.set(
      kind,
      Object.freeze({
        count: before.count + 1,
        pauseMs: before.pauseMs + duration,
        maxPauseMs: Math.max(before.maxPauseMs, duration),
      }),
    )
    return kind
  }
}
