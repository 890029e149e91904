/** A line of JavaScript that allocated something. */
export interface AllocationSite {
  /** `(anonymous)` where the function has no name. */
  readonly functionName: string
  /** File or URL of the script; empty for code without one. */
  readonly url: string
  /** From 1. */
  readonly line: number
}

/** What is alive of the allocations of one site: an estimate, from samples. */
export interface SiteBytes {
  readonly site: AllocationSite
  readonly bytes: number
}

/** Where in the process the bytes lie. `objects` are those of JavaScript up to about 128 KiB each. */
export const HEAP_KINDS = ['objects', 'large objects', 'code', 'array buffers', 'other external'] as const
export type HeapKind = (typeof HEAP_KINDS)[number]

/** What changed from one snapshot to a later one, most growth first. */
export interface HeapGrowth {
  readonly overMs: number
  readonly growthBytes: number
  readonly kinds: readonly { readonly kind: HeapKind; readonly growthBytes: number }[]
  /** Sites of which more is alive than before, at most 10. Empty where nobody samples allocations. */
  readonly sites: readonly { readonly site: AllocationSite; readonly growthBytes: number }[]
  /** Constructors, at most 20. Empty unless both snapshots counted objects. */
  readonly objects: readonly {
    readonly name: string
    readonly growthBytes: number
    readonly growthCount: number
  }[]
}

/** Why the detector thinks that memory leaks, and what grew. */
export interface LeakReport {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Growth since the rise began, after full collections. */
  readonly growthMb: number
  /** How long it has been rising. */
  readonly overMs: number
  readonly growthMbPerHour: number
  /** 98 % confidence interval of {@link growthMbPerHour}. */
  readonly growthMbPerHourRange: readonly [low: number, high: number]
  /** 0 to 1: one minus the chance that a memory without a trend rises so steadily. */
  readonly confidence: number
  /** JavaScript heap and external memory now. */
  readonly memoryMb: number
  readonly grew: HeapGrowth
  /** One line for people: how much, how fast, and where most of it was allocated. */
  readonly message: string
}

/** What the detector thinks at the moment. `rising` is a steady growth that has not reached the threshold. */
export type LeakState =
  | { readonly kind: 'watching'; readonly points: number }
  | { readonly kind: 'steady'; readonly points: number; readonly growthMbPerHour: number }
  | { readonly kind: 'rising'; readonly points: number; readonly growthMbPerHour: number; readonly growthMb: number }
  | { readonly kind: 'leaking'; readonly report: LeakReport }
