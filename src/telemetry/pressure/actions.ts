import type { MemoryPressure, PressureState } from './pressure.ts'

/** One thing that was done, or failed, in answer to pressure. */
export interface PressureDeed {
  readonly deed: 'caches-shrunk' | 'caches-grown' | 'collected' | 'sessions-packed' | 'work-refused' | 'work-allowed'
  /** Given up by caches (estimated), or freed by a collection (measured). */
  readonly freedBytes?: number
  /** For how long a collection stopped the process. */
  readonly pauseMs?: number
  readonly sessions?: number
  readonly error?: Error
}

/** What an action does: the level's usual deeds, all of them or some. Each does nothing where it was done too lately. */
export interface PressureMeans {
  shrinkCaches(share: number): void
  growCaches(factor: number): void
  collect(): void
  packIdleSessions(maxSessions: number): Promise<void>
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
