import { totalmem } from 'node:os'
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import { checkNumberOption, type NumberRange } from '../../lib/check-options.ts'
import { Cgroup, type CgroupPlaces } from './cgroup.ts'
import { readHeapLimit } from './heap-limit.ts'
import type { ContainerMemory, MemoryLimit } from './process-sample.ts'

export interface MemoryLimitsOptions {
  /** A limit for the heap and what it holds outside of it, in MB. @default none */
  readonly maxHeapMb?: number
  /** @default where Linux has them */
  readonly cgroupPlaces?: CgroupPlaces
}

/** What the process uses of each limit, at one moment. */
export interface LimitsReading {
  readonly container: ContainerMemory | undefined
  readonly limits: readonly MemoryLimit[]
  /** Of the limit that is nearest. */
  readonly percentUsed: number
  /** The heap in use, and what it holds outside of it. */
  readonly heldBytes: number
}

type SpaceStatistics = ReturnType<typeof getHeapSpaceStatistics>[number]

const MAX_HEAP_MB: NumberRange = [1, 1_048_576, false]
const MB = 1024 * 1024

/** The limits at which V8 or the kernel ends the process, and how near they are. A reading takes about 0.05 ms. */
export class MemoryLimits {
  /** How large the old generation may be. */
  readonly heapLimitBytes: number = readHeapLimit()
  /** Of the cores that a container's quota leaves; undefined without one. */
  readonly cores: number | undefined
  readonly #softLimitBytes: number | undefined
  readonly #machineBytes = totalmem()
  readonly #cgroup: Cgroup
  readonly #nodeLimitBytes: number | undefined

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor({ maxHeapMb, cgroupPlaces }: MemoryLimitsOptions = {}) {
    if (maxHeapMb !== undefined) checkNumberOption('maxHeapMb', maxHeapMb, MAX_HEAP_MB)
    this.#softLimitBytes = maxHeapMb === undefined ? undefined : maxHeapMb * MB
    this.#cgroup = new Cgroup(cgroupPlaces)
    this.cores = this.#cgroup.cores()
    // For systems whose files we don't know. Where there is no limit Node says 0, or about 2^64.
    const constrained = process.constrainedMemory()
    this.#nodeLimitBytes = constrained > 0 && constrained < this.#machineBytes ? constrained : undefined
  }

  read(spaces: readonly SpaceStatistics[] = getHeapSpaceStatistics()): LimitsReading {
    const container = this.#container()
    const limits = [limit('heap', oldGenerationBytes(spaces), this.heapLimitBytes)]
    if (container !== undefined) limits.push(limit('container', container.usedBytes, container.limitBytes))
    const { used_heap_size, external_memory } = getHeapStatistics()
    const heldBytes = used_heap_size + external_memory
    if (this.#softLimitBytes !== undefined) {
      // Not V8's: that one is for the heap alone.
      const lowest = Math.min(this.#softLimitBytes, container?.limitBytes ?? this.#machineBytes)
      limits.push(limit('soft', heldBytes, lowest))
    }
    const percentUsed = Math.max(...limits.map(({ percent }) => percent))
    return Object.freeze({ container, limits: Object.freeze(limits), percentUsed, heldBytes })
  }

  #container(): ContainerMemory | undefined {
    const memory = this.#cgroup.memory()
    if (memory !== undefined || this.#nodeLimitBytes === undefined) return memory
    return Object.freeze({ limitBytes: this.#nodeLimitBytes, usedBytes: process.memoryUsage.rss(), source: 'node' })
  }
}

/**
 * All but the new spaces: what is young is mostly garbage, up to 64 MB of it on Node 24, and is collected for little
 * whenever room is needed. What is read-only never changes and is counted for none.
 */
export function oldGenerationBytes(spaces: readonly SpaceStatistics[]): number {
  let bytes = 0
  for (const { space_name: name, space_used_size: used } of spaces) {
    if (!name.startsWith('new_') && name !== 'read_only_space') bytes += used
  }
  return bytes
}

function limit(kind: MemoryLimit['kind'], usedBytes: number, limitBytes: number): MemoryLimit {
  return Object.freeze({ kind, usedBytes, limitBytes, percent: (100 * usedBytes) / limitBytes })
}
