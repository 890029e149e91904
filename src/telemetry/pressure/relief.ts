import type { DeferrableWork } from '../../lib/deferrable-work.ts'

/** What pressure may do to a manager: the part of it that is used. Nothing of it touches durable data. */
export interface PressureRelief {
  /** Bounds each cache to that share of what it holds now. @returns bytes given up, estimated */
  shrinkCaches(share: number): number
  /** Lets each cache hold `factor` times what it may hold now, up to its option. @returns whether all are back there */
  growCaches(factor: number): boolean
  /** Packs and lets go of sessions that were used least lately. @returns how many */
  packIdleSessions(maxSessions: number): Promise<number>
  /** Only these kinds of work are refused from now on, with `MEMORY_PRESSURE`, or left undone. */
  refuse(kinds: readonly DeferrableWork[]): void
}

/** Something with a relief, such as a manager. */
export interface Relievable {
  readonly relief: PressureRelief
}
