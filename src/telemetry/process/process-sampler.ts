import { availableParallelism, freemem, totalmem } from 'node:os'
import { getHeapSpaceStatistics } from 'node:v8'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { CollectionCounter } from './collection-counter.ts'
import { LoopDelayMeter } from './loop-delay-meter.ts'
import { MemoryLimits, oldGenerationBytes } from './memory-limits.ts'
import type { HeapSpace, ProcessSample } from './process-sample.ts'

export interface ProcessSamplerOptions {
  /** Where `at` comes from. @default the system's clock */
  readonly clock?: Clock
  /** What it measures against. @default all that the process has */
  readonly limits?: MemoryLimits
}

/** A moment in which a process does something says nothing of its load: what was said before stands. */
const MIN_CPU_MS = 1_000

/**
 * Looks at the process it runs in. A sample takes about 0.1 ms; between samples a timer wakes 20 times a second. Some
 * figures are since the last sample, so there should be one sampler to a process, and one who asks it.
 */
export class ProcessSampler {
  readonly #clock: Clock
  readonly #limits: MemoryLimits
  readonly #cores: number
  readonly #loopDelay = new LoopDelayMeter()
  readonly #collections = new CollectionCounter(() => {
    this.#afterMajorBytes = oldGenerationBytes(getHeapSpaceStatistics())
  })
  #isStarted = false
  #afterMajorBytes: number | undefined
  #cpu = process.cpuUsage()
  #cpuAtMs = performance.now()
  #cpuPercent = 0

  constructor({ clock = systemClock, limits = new MemoryLimits() }: ProcessSamplerOptions = {}) {
    this.#clock = clock
    this.#limits = limits
    this.#cores = Math.min(availableParallelism(), limits.cores ?? Number.POSITIVE_INFINITY)
  }

  /** Begins to count collections and to measure the event loop. Harmless when repeated. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#afterMajorBytes = undefined
    this.#collections.start()
    this.#loopDelay.start()
  }

  /** Ends that; samples may still be taken. Harmless when repeated. */
  stop(): void {
    this.#isStarted = false
    this.#collections.stop()
    this.#loopDelay.stop()
  }

  sample(): ProcessSample {
    const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage()
    const spaces = getHeapSpaceStatistics()
    const { container, limits, percentUsed } = this.#limits.read(spaces)
    return Object.freeze({
      at: this.#clock.now(),
      rssBytes: rss,
      // In kilobytes on every system.
      maxRssBytes: process.resourceUsage().maxRSS * 1024,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      oldGenerationBytes: oldGenerationBytes(spaces),
      oldGenerationBytesAfterMajor: this.#afterMajorBytes,
      heapLimitBytes: this.#limits.heapLimitBytes,
      externalBytes: external,
      arrayBuffersBytes: arrayBuffers,
      heapSpaces: Object.freeze(spaces.map(heapSpace)),
      cpuPercent: this.#takeCpuPercent(),
      cores: this.#cores,
      collections: this.#collections.collections(),
      eventLoopDelay: this.#loopDelay.take(),
      container,
      totalMemoryBytes: container?.limitBytes ?? totalmem(),
      availableMemoryBytes: container ? Math.max(0, container.limitBytes - container.usedBytes) : freemem(),
      percentUsed,
      limits,
    })
  }

  #takeCpuPercent(): number {
    const nowMs = performance.now()
    const elapsedMs = nowMs - this.#cpuAtMs
    if (elapsedMs < MIN_CPU_MS) return this.#cpuPercent
    const now = process.cpuUsage()
    const usedMs = (now.user - this.#cpu.user + now.system - this.#cpu.system) / 1000
    this.#cpuPercent = Math.min(100, (100 * usedMs) / elapsedMs / this.#cores)
    this.#cpu = now
    this.#cpuAtMs = nowMs
    return this.#cpuPercent
  }
}

type SpaceStatistics = ReturnType<typeof getHeapSpaceStatistics>[number]

function heapSpace({ space_name, space_used_size, space_size }: SpaceStatistics): HeapSpace {
  return Object.freeze({ name: space_name, usedBytes: space_used_size, sizeBytes: space_size })
}
