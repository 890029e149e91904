/** What the calls of one store came to, since telemetry listens. */
export interface StoreMetrics {
  readonly store: string
  readonly calls: number
  readonly errors: number
  /** The same since the last collection of metrics. */
  readonly recentCalls: number
  readonly recentErrors: number
  /** Of the recent errors, those of the service; the others are what callers did, such as a conflict. */
  readonly recentFailures: number
  /** Of the recent errors, those that say nothing of the service: not sent for want of room, or not waited for. */
  readonly recentSilent: number
  /** Whether the service failed the last call that said anything of it. */
  readonly isFailing: boolean
  /**
   * For how long calls have been under way and none has ended well, in milliseconds; 0 where none is. Of stores across a
   * network: a call that hangs is counted among the others only when it is given up.
   */
  readonly stalledMs: number
  /** Code of the last failure of the service. */
  readonly lastFailure: string | undefined
  readonly errorsByCode: Readonly<Record<string, number>>
  readonly operations: readonly OperationMetrics[]
}

export interface OperationMetrics {
  readonly operation: string
  readonly calls: number
  readonly errors: number
  readonly latency: LatencyMetrics
}

/** A histogram with fixed buckets. */
export interface LatencyMetrics {
  readonly count: number
  readonly sumMs: number
  readonly maxMs: number
  /** Estimated from the buckets; 0 where nothing was counted. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** How many took at most `LATENCY_BOUNDS_MS[i]`, and not less than the bound before; the last counts all above. */
  readonly buckets: readonly number[]
}
