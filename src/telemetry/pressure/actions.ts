import type { MemoryPressure, PressureState } from './pressure.ts'

/** One thing that was done in answer to pressure, or failed. */
export interface PressureDeed {
  readonly deed:
    | 'caches-shrunk'
    | 'caches-grown'
    | 'collected'
    | 'sessions-packed'
    | 'work-refused'
    | 'work-allowed'
    | 'failed'
  /** Given up by caches (estimated), or freed by a collection (measured). */
  readonly freedBytes?: number
  /** For how long a collection stopped the process. */
  readonly pauseMs?: number
  readonly sessions?: number
  readonly error?: unknown
}

/** What an action may do. What was done so lately that its effect can't be known yet is not done again. */
export interface PressureMeans {
  /** Bounds caches to a share of what they hold; again only after a full collection, or 30 s. */
  shrinkCaches(share: number): void
  /** Raises the bounds of caches by a factor, at most once in 10 s and not within 30 s of a shrink. */
  growCaches(factor: number): void
  /** Forces a full collection, at most once in 30 s. */
  collect(): void
  /** Packs and lets go of the sessions that were used least lately. */
  packIdleSessions(maxSessions: number): Promise<void>
  /** Refuses deferrable work, until it is allowed again. */
  refuseWork(): void
  allowWork(): void
}

/** What is done at a level, at each reading of it. */
export type PressureAction = (state: PressureState, means: PressureMeans) => void | Promise<void>
export type PressureActions = Readonly<Record<MemoryPressure, PressureAction>>

/** What was done in answer to one state. */
export interface PressureReport {
  readonly at: number
  readonly level: MemoryPressure
  readonly deeds: readonly PressureDeed[]
}

/** Above it, what caches gain would soon be taken from them again. */
const GROW_BELOW_SCORE = 60

/** The actions that are in force where no others are given, for others to call too. */
export const PRESSURE_ACTIONS: PressureActions = Object.freeze({
  low({ score }, means) {
    means.allowWork()
    if (score < GROW_BELOW_SCORE) means.growCaches(1.25)
  },
  moderate(_state, means) {
    means.allowWork()
    means.shrinkCaches(0.75)
  },
  async high(_state, means) {
    means.allowWork()
    means.shrinkCaches(0.5)
    means.collect()
    await means.packIdleSessions(16)
  },
  critical(_state, means) {
    means.refuseWork()
    means.shrinkCaches(0.25)
    means.collect()
  },
} satisfies PressureActions)
