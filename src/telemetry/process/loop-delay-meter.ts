import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { EventLoopDelay } from './process-sample.ts'

/** 20 wake-ups a second take about 0.25 % of a core, 100 would take 1 %. What blocks for less is seen by chance. */
const EVERY_MS = 50
const NS_PER_MS = 1e6

/**
 * Measures how late a timer is. `monitorEventLoopDelay` does the same, but its `reset` forgets what is under way: a
 * block of any length is lost when it begins just after a sample.
 */
export class LoopDelayMeter {
  readonly #histogram: RecordableHistogram = createHistogram()
  #timer: NodeJS.Timeout | undefined
  #lastMs = 0

  start(): void {
    if (this.#timer !== undefined) return
    this.#lastMs = performance.now()
    this.#timer = setInterval(() => this.#tick(), EVERY_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#histogram.reset()
  }

  /** What was measured since the last call. */
  take(): EventLoopDelay {
    const histogram = this.#histogram
    if (histogram.count === 0) return NO_DELAY
    const delay = Object.freeze({
      meanMs: histogram.mean / NS_PER_MS,
      p99Ms: histogram.percentile(99) / NS_PER_MS,
      maxMs: histogram.max / NS_PER_MS,
    })
    histogram.reset()
    return delay
  }

  #tick(): void {
    const nowMs = performance.now()
    // A histogram takes 1 ns and above.
    this.#histogram.record(Math.max(1, Math.round((nowMs - this.#lastMs - EVERY_MS) * NS_PER_MS)))
    this.#lastMs = nowMs
  }
}

const NO_DELAY: EventLoopDelay = Object.freeze({ meanMs: 0, p99Ms: 0, maxMs: 0 })
