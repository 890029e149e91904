import type { LatencyMetrics } from './store-metrics.ts'

/** Upper bounds of the buckets, in milliseconds; one more bucket takes what is above them. */
export const LATENCY_BOUNDS_MS: readonly number[] = Object.freeze([
  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000,
])

/** Counts how long things took. Its size is fixed. */
export class LatencyHistogram {
  readonly #buckets = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0)
  #count = 0
  #sumMs = 0
  #maxMs = 0

  record(ms: number): void {
    let bucket = 0
    // Most calls end in the first few.
    while (bucket < LATENCY_BOUNDS_MS.length && ms > Number(LATENCY_BOUNDS_MS[bucket])) bucket += 1
    this.#buckets[bucket] = Number(this.#buckets[bucket]) + 1
    this.#count += 1
    this.#sumMs += ms
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  metrics(): LatencyMetrics {
    return Object.freeze({
      count: this.#count,
      sumMs: this.#sumMs,
      maxMs: this.#maxMs,
      p50Ms: this.#quantileMs(0.5),
      p99Ms: this.#quantileMs(0.99),
      buckets: Object.freeze([...this.#buckets]),
    })
  }

  /** As if times were spread evenly within a bucket. */
  #quantileMs(share: number): number {
    const wanted = share * this.#count
    let before = 0
    for (const [i, count] of this.#buckets.entries()) {
      if (count > 0 && before + count >= wanted) {
        const from = LATENCY_BOUNDS_MS[i - 1] ?? 0
        const to = Math.min(LATENCY_BOUNDS_MS[i] ?? this.#maxMs, this.#maxMs)
        return from + ((to - from) * (wanted - before)) / count
      }
      before += count
    }
    return 0
  }
}
