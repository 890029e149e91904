/** What the tiers of a manager do. Counts are since it was opened. */
export interface TierMetrics {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly hot: HotTierMetrics
  /** Name of the durable store, empty before it is open. */
  readonly durable: string
  readonly itemsAdded: number
  readonly migrations: MigrationMetrics
  /** What lay in which tier when it was last counted; undefined where nobody asked for it. */
  readonly items: TierItems | undefined
}

/** Copies in this process, and what other processes share. */
export interface HotTierMetrics {
  readonly sessions: number
  readonly segments: number
  readonly bytes: number
  readonly maxBytes: number
  readonly percentFull: number
  readonly hits: number
  readonly misses: number
  /** 0 to 1; 0 where nothing was asked for. */
  readonly hitRate: number
  /** The same since the last collection of metrics; undefined where nothing was asked for. */
  readonly recentHitRate: number | undefined
  readonly evictions: number
  /** Per second since the last collection of metrics. */
  readonly evictionRate: number
  readonly shared: SharedTierMetrics | undefined
}

export interface SharedTierMetrics {
  readonly name: string
  readonly hits: number
  readonly misses: number
  readonly hitRate: number
  readonly failures: number
  readonly isReachable: boolean
  readonly lastError: string | undefined
}

export interface MigrationMetrics {
  readonly sweeps: number
  /** Of the last sweep; all 0 before there was one. */
  readonly sessions: number
  readonly failed: number
  /** Items from tails to pages, hot to warm. */
  readonly sealedItems: number
  /** Items to archives, warm to cold. */
  readonly archivedItems: number
  /** Items back to pages, cold to warm. */
  readonly rehydratedItems: number
  readonly durationMs: number
}

/** Items and stored bytes, by tier. */
export interface TierItems {
  readonly countedAt: number
  readonly hot: TierSize
  readonly warm: TierSize
  readonly cold: TierSize
}

export interface TierSize {
  readonly items: number
  readonly bytes: number
}
