/** What a process was like at one moment. */
export interface ProcessSample {
  /** Milliseconds since 1970. */
  readonly at: number
  /** What the process holds of the machine's memory. */
  readonly rssBytes: number
  /** The most that it ever held, as the kernel counts it. */
  readonly maxRssBytes: number
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  /** What has outlived the first collections, part of `heapUsedBytes`. */
  readonly oldGenerationBytes: number
  /** The same just after the last full collection, so without garbage; undefined until there is one. */
  readonly oldGenerationBytesAfterMajor: number | undefined
  /** How large the old generation may be before V8 ends the process, as `--max-old-space-size` says. Fixed at start. */
  readonly heapLimitBytes: number
  /** Memory outside the heap that objects on it hold; array buffers are part of it. */
  readonly externalBytes: number
  readonly arrayBuffersBytes: number
  readonly heapSpaces: readonly HeapSpace[]
  /** Of all cores that the process may use, since the last sample; 0 to 100. */
  readonly cpuPercent: number
  /** How many those are; a container's quota may leave a part of one. */
  readonly cores: number
  /** Since `start`. */
  readonly collections: Collections
  /** Since the last sample. */
  readonly eventLoopDelay: EventLoopDelay
  /** Undefined where nothing but the machine limits the process. */
  readonly container: ContainerMemory | undefined
  /** Of the container where it has a limit, of the machine otherwise. */
  readonly totalMemoryBytes: number
  readonly availableMemoryBytes: number
  /** How near the nearest limit is: the highest of `limits`, 0 to 100 and above. */
  readonly percentUsed: number
  /** What `percentUsed` was chosen from. */
  readonly limits: readonly MemoryLimit[]
}

export interface HeapSpace {
  /** As V8 calls it, such as "old_space". */
  readonly name: string
  readonly usedBytes: number
  readonly sizeBytes: number
}

export interface MemoryLimit {
  /** `soft` is `maxHeapMb`. */
  readonly kind: 'container' | 'heap' | 'soft'
  readonly usedBytes: number
  readonly limitBytes: number
  readonly percent: number
}

export const COLLECTION_KINDS = ['minor', 'major', 'incremental', 'weak-callbacks'] as const
export type CollectionKind = (typeof COLLECTION_KINDS)[number]

/** Of garbage, by what V8 did. */
export type Collections = Readonly<Record<CollectionKind, CollectionCount>>

export interface CollectionCount {
  readonly count: number
  /** How long they stopped JavaScript, together. */
  readonly pauseMs: number
  /** The longest of them. */
  readonly maxPauseMs: number
}

/** How much later than it should something ran that was due; all 0 where nothing was measured. */
export interface EventLoopDelay {
  readonly meanMs: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** The group of processes that the kernel limits together. */
export interface ContainerMemory {
  readonly limitBytes: number
  /** Without pages of files that the kernel drops before it kills. */
  readonly usedBytes: number
  /** Where this was read. */
  readonly source: 'cgroup-v2' | 'cgroup-v1' | 'node'
}
