import type { DeferrableWork } from '../../lib/deferrable-work.ts'
import type { BoundedCache } from '../../lib/lru-bytes.ts'

/** What pressure may do to a part of a program: the side of it that is used. Nothing of it touches durable data. */
export interface PressureRelief {
  /** What is bounded to less, and may grow again. A cache that several parts share is treated as one. */
  readonly caches: readonly BoundedCache[]
  /** Of a part with sessions: packs and lets go of those that were used least lately. @returns how many */
  packIdleSessions?(maxSessions: number): Promise<number>
  /** Only these kinds of work are refused from now on, with `MEMORY_PRESSURE`, or left undone. */
  refuse(kinds: readonly DeferrableWork[]): void
}

/** Something with a relief, such as a manager or a `ContextPruner`. */
export interface Relievable {
  readonly relief: PressureRelief
}
