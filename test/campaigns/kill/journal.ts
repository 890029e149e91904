/** An item that a writer means to add. Its content follows from `op` and `size`. */
export interface Intent {
  readonly kind: 'intent'
  /** Number of the item in its file. Used again only where an item with an idempotency key is sent again. */
  readonly op: number
  readonly session: string
  readonly size: number
  /** Present where the item has an idempotency key; its `createdAt`. */
  readonly keyedAt?: number
}

export type JournalLine =
  | Intent
  /** The items of these `op` are acknowledged. */
  | { readonly kind: 'ack'; readonly op: number; readonly id: string }
  /** The item can't be added: what its session held at that time was removed. */
  | { readonly kind: 'refused'; readonly op: number }
  /** All of the session is about to be removed, and has been. */
  | { readonly kind: 'remove' | 'removed'; readonly session: string }
  /** The writer's clock shows this time from now on. */
  | { readonly kind: 'clock'; readonly now: number }
  /** A writer kills itself at this step. */
  | { readonly kind: 'step'; readonly step: string; readonly occurrence: number }

/** The last time that a writer's clock showed. */
export function lastClock(lines: readonly JournalLine[], otherwise: number): number {
  return lines.reduce((now, line) => (line.kind === 'clock' ? Math.max(now, line.now) : now), otherwise)
}

export function nextOp(lines: readonly JournalLine[]): number {
  return lines.reduce((next, line) => (line.kind === 'intent' ? Math.max(next, line.op + 1) : next), 0)
}
