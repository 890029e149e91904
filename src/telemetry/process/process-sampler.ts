import { availableParallelism, freemem, totalmem } from 'node:os'
import { getHeapSpaceStatistics } from 'node:v8'
import { checkNumberOption, type NumberRange } from '../../lib/check-options.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { Cgroup, type CgroupPlaces } from './cgroup.ts'
import { CollectionCounter } from './collection-counter.ts'
import { readHeapLimit } from './heap-limit.ts'
import { LoopDelayMeter } from './loop-delay-meter.ts'
import type { ContainerMemory, HeapSpace, MemoryLimit, ProcessSample } from './process-sample.ts'

export interface ProcessSamplerOptions {
  /** Where `at` comes from. @default the system's clock */
  readonly clock?: Clock
  /** A limit for the heap and what it holds outside of it, in MB, below V8's own. @default none */
  readonly maxHeapMb?: number
  /** @default where Linux has them */
  readonly cgroupPlaces?: CgroupPlaces
}

const MAX_HEAP_MB: NumberRange = [1, 1_048_576, false]
const MB = 1024 * 1024

/**
 * Looks at the process it runs in. A sample takes about 0.1 ms; between samples a timer wakes 20 times a second. Some
 * figures are since the last sample, so there should be one sampler to a process, and one who asks it.
 */
export class ProcessSampler {
  readonly #clock: Clock
  readonly #softLimitBytes: number | undefined
  readonly #heapLimitBytes = readHeapLimit()
  readonly #machineBytes = totalmem()
  readonly #cgroup: Cgroup
  readonly #nodeLimitBytes: number | undefined
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

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: ProcessSamplerOptions = {}) {
    if (options.maxHeapMb !== undefined) checkNumberOption('maxHeapMb', options.maxHeapMb, MAX_HEAP_MB)
    this.#clock = options.clock ?? systemClock
    this.#softLimitBytes = options.maxHeapMb === undefined ? undefined : options.maxHeapMb * MB
    this.#cgroup = new Cgroup(options.cgroupPlaces)
    this.#cores = Math.min(availableParallelism(), this.#cgroup.cores() ?? Number.POSITIVE_INFINITY)
    // For systems whose files we don't know. Where there is no limit Node says 0, or about 2^64.
    const constrained = process.constrainedMemory()
    this.#nodeLimitBytes = constrained > 0 && constrained < this.#machineBytes ? constrained : undefined
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
    const container = this.#container(rss)
    const limits = this.#limits(heapUsed, external, container)
    return Object.freeze({
      at: this.#clock.now(),
      rssBytes: rss,
      // In kilobytes on every system.
      maxRssBytes: process.resourceUsage().maxRSS * 1024,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      oldGenerationBytes: oldGenerationBytes(spaces),
      oldGenerationBytesAfterMajor: this.#afterMajorBytes,
      heapLimitBytes: this.#heapLimitBytes,
      externalBytes: external,
      arrayBuffersBytes: arrayBuffers,
      heapSpaces: Object.freeze(spaces.map(heapSpace)),
      cpuPercent: this.#takeCpuPercent(),
      cores: this.#cores,
      collections: this.#collections.collections(),
      eventLoopDelay: this.#loopDelay.take(),
      container,
      totalMemoryBytes: container?.limitBytes ?? this.#machineBytes,
      availableMemoryBytes: container ? Math.max(0, container.limitBytes - container.usedBytes) : freemem(),
      percentUsed: Math.max(...limits.map(({ percent }) => percent)),
      limits,
    })
  }

  #container(rssBytes: number): ContainerMemory | undefined {
    const memory = this.#cgroup.memory()
    if (memory !== undefined || this.#nodeLimitBytes === undefined) return memory
    return Object.freeze({ limitBytes: this.#nodeLimitBytes, usedBytes: rssBytes, source: 'node' })
  }

  #limits(heapUsedBytes: number, externalBytes: number, container?: ContainerMemory): readonly MemoryLimit[] {
    // The young generation counts too: V8 ends the process when what lives in it has no room left in the old one.
    const limits = [limit('heap', heapUsedBytes, this.#heapLimitBytes)]
    if (container !== undefined) limits.push(limit('container', container.usedBytes, container.limitBytes))
    if (this.#softLimitBytes !== undefined) {
      const lowest = Math.min(this.#softLimitBytes, this.#heapLimitBytes, container?.limitBytes ?? this.#machineBytes)
      limits.push(limit('soft', heapUsedBytes + externalBytes, lowest))
    }
    return Object.freeze(limits)
  }

  #takeCpuPercent(): number {
    const nowMs = performance.now()
    const elapsedMs = nowMs - this.#cpuAtMs
    // The kernel counts in ticks of up to 10 ms: a shorter time says nothing, and what was said before stands.
    if (elapsedMs < 10) return this.#cpuPercent
    const now = process.cpuUsage()
    const usedMs = (now.user - this.#cpu.user + now.system - this.#cpu.system) / 1000
    this.#cpuPercent = Math.min(100, (100 * usedMs) / elapsedMs / this.#cores)
    this.#cpu = now
    this.#cpuAtMs = nowMs
    return this.#cpuPercent
  }
}

type SpaceStatistics = ReturnType<typeof getHeapSpaceStatistics>[number]

/** All but the new spaces; what is read-only never changes and is counted for none. */
function oldGenerationBytes(spaces: readonly SpaceStatistics[]): number {
  let bytes = 0
  for (const { space_name: name, space_used_size: used } of spaces) {
    if (!name.startsWith('new_') && name !== 'read_only_space') bytes += used
  }
  return bytes
}

function heapSpace({ space_name, space_used_size, space_size }: SpaceStatistics): HeapSpace {
  return Object.freeze({ name: space_name, usedBytes: space_used_size, sizeBytes: space_size })
}

function limit(kind: MemoryLimit['kind'], usedBytes: number, limitBytes: number): MemoryLimit {
  return Object.freeze({ kind, usedBytes, limitBytes, percent: (100 * usedBytes) / limitBytes })
}
