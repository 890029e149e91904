import { constants, PerformanceObserver } from 'node:perf_hooks'

/** Counts full collections, after which the heap shows what is really alive, and tells of them. */
export class FullCollections {
  readonly #observer: PerformanceObserver
  #count = 0
  #pauseMs = 0

  /** `listener` is called soon after, once for those that came one right after the other. */
  constructor(listener: () => void) {
    this.#observer = new PerformanceObserver((list) => {
      const before = this.#count
      for (const entry of list.getEntries()) {
        if (kindOf(entry) !== constants.NODE_PERFORMANCE_GC_MAJOR) continue
        this.#count += 1
        this.#pauseMs += entry.duration
      }
      if (this.#count > before) listener()
    })
  }

  get count(): number {
    return this.#count
  }

  /** For how long they have stopped the process, all together. */
  get pauseMs(): number {
    return this.#pauseMs
  }

  start(): void {
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  stop(): void {
    this.#observer.disconnect()
  }
}

function kindOf(entry: object): unknown {
  const detail: unknown = Reflect.get(entry, 'detail')
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined
}
