import { type BoundedCache, LruBytes } from '../lib/lru-bytes.ts'
import type { SessionKey } from '../memory/session.ts'
import type { UnitIndex } from './unit-index.ts'

/** The tail, in the place of a segment's id. */
export const TAIL_INDEX = ''

/** Indexes of a session's units by segment id, and of its tail as {@link TAIL_INDEX}: the newest unit first. */
export type SessionIndexes = ReadonlyMap<string, UnitIndex>

/** What may still be kept of one search. */
export interface KeepBudget {
  bytes: number
}

// An entry and its Map, by far not all of it text.
const SESSION_OVERHEAD_BYTES = 300

/**
 * Indexes that were made in this process, by session, up to so many bytes of heap: the session that was searched least
 * recently goes first. Nothing of it is ever stored, so nothing outlives what it was made from for long.
 */
export class IndexCache {
  readonly #sessions: LruBytes<SessionKey, SessionIndexes>
  #forgotten = 0

  constructor(maxBytes: number) {
    this.#sessions = new LruBytes(maxBytes)
  }

  /**
   * For one search: it must not push out at its end what it kept at its beginning, or a memory that is a little larger
   * than the cache would be indexed anew by every search.
   */
  budget(): KeepBudget {
    return { bytes: this.#sessions.limitBytes }
  }

  get bounds(): BoundedCache {
    return this.#sessions
  }

  /** To be asked for before a record is loaded: what was made from it is kept only if nothing was forgotten since. */
  get lease(): number {
    return this.#forgotten
  }

  get(key: SessionKey): SessionIndexes | undefined {
    return this.#sessions.get(key)
  }

  /** Takes the place of what was kept of the session: the newest of its units that the budget has room for. */
  set(key: SessionKey, indexes: SessionIndexes, lease: number, budget: KeepBudget): void {
    if (lease !== this.#forgotten) return
    const kept = new Map<string, UnitIndex>()
    let bytes = SESSION_OVERHEAD_BYTES
    for (const [unit, index] of indexes) {
      if (bytes + index.bytes > budget.bytes) break
      kept.set(unit, index)
      bytes += index.bytes
    }
    if (kept.size === 0) this.#sessions.delete(key)
    else if (this.#sessions.set(key, kept, bytes)) budget.bytes -= bytes
  }

  forget(key: SessionKey): void {
    this.#forgotten += 1
    this.#sessions.delete(key)
  }
}
