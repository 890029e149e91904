import type { TieredStorageManagerOptions } from '../../../src/thermocline.ts'

/** After that, no copy may be behind, whatever has happened to Redis. */
export const MAX_PROOF_AGE_MS = 2000
/** How far a copy in a process may be behind where nothing happens. */
export const IN_PROCESS_MS = 100
/** And where its server falls silent. */
export const CUT_OFF_MS = 2000
/** A timer that is due is not run at once on a busy machine; and clocks are compared within a round trip. */
export const MARGIN_MS = 150
/** So long after its server is back, a process may still leave Redis alone. */
export const RECOVERY_MS = 3000

/** Tails so short that sessions have segments. */
export const WORKER_OPTIONS: Omit<TieredStorageManagerOptions, 'path' | 'redis'> = {
  synchronous: 'normal',
  maxProofAgeMs: MAX_PROOF_AGE_MS,
  tailMaxItems: 40,
  tierMigrationInterval: 0,
}

export const USER = 'ann'
