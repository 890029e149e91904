import { addHeat, COLD_HEAT, HEAT_TIMES, type Heat } from '../../memory/heat.ts'
import type { SessionKey } from '../../memory/session.ts'

/** When the reads of a unit are worth a write of their own: whichever comes first. */
export interface HeatDue {
  /** A read at this time or later, milliseconds since 1970. */
  readonly at: number
  /** After a write, the next one is due so much later, in milliseconds. */
  readonly everyMs: number
  /** So many reads that are not written down. */
  readonly count: number
}

/**
 * Reads that are not yet written down, by session and unit. Recording one costs a few nanoseconds; the store hears of
 * them with the next structural commit, or when what it knows has become too old (like relatime of file systems).
 * Bounded: past `maxSessions` the one that was asked for least recently is forgotten, since heat is approximate.
 */
export class HeatLedger {
  readonly #sessions = new Map<SessionKey, Map<string, UnitReads>>()
  readonly #maxSessions: number

  readonly #onEvict: (key: SessionKey) => void

  /** `onEvict` hears of a session whose counters nobody looks at any more. */
  constructor(maxSessions: number, onEvict: (key: SessionKey) => void = () => undefined) {
    this.#maxSessions = maxSessions
    this.#onEvict = onEvict
  }

  /** The counter of a unit whose heat, as far as it is written down, is `written`; `due` is asked for a new one. */
  of(key: SessionKey, unit: string, written: Heat, due: () => HeatDue): UnitReads {
    let units = this.#sessions.get(key)
    // Set anew in either case, so that the order of the Map is the order of use.
    if (units !== undefined) this.#sessions.delete(key)
    else units = new Map()
    this.#sessions.set(key, units)
    if (this.#sessions.size > this.#maxSessions) {
      const oldest = this.#sessions.keys().next().value as SessionKey
      this.#sessions.delete(oldest)
      this.#onEvict(oldest)
    }
    let reads = units.get(unit)
    if (reads === undefined) {
      reads = new UnitReads(written, due())
      units.set(unit, reads)
    }
    return reads
  }

  /** What is written down of a unit, as far as the caller knows or this process has done it, and what is not yet. */
  heatOf(key: SessionKey, unit: string, written: Heat): Heat {
    const reads = this.#sessions.get(key)?.get(unit)
    return reads === undefined ? written : reads.heat(written)
  }

  /** Takes all that is pending of a session; the caller writes it down. Counters that are held stay good. */
  take(key: SessionKey): ReadonlyMap<string, Heat> {
    const taken = new Map<string, Heat>()
    for (const [unit, reads] of this.#sessions.get(key) ?? []) {
      const heat = reads.take()
      if (heat.reads > 0) taken.set(unit, heat)
    }
    return taken
  }

  /** Forgets a session whose units are others now. */
  drop(key: SessionKey): void {
    this.#sessions.delete(key)
  }
}

/** Counts the reads of one unit and keeps the times of the newest few, in a ring. */
export class UnitReads {
  #written: Heat
  #due: HeatDue
  readonly #times = new Float64Array(HEAT_TIMES)
  #count = 0

  constructor(written: Heat, due: HeatDue) {
    this.#written = written
    this.#due = due
  }

  /** True when the reads are worth a write of their own now. */
  record(now: number): boolean {
    this.#times[this.#count % HEAT_TIMES] = now
    this.#count += 1
    return now >= this.#due.at || this.#count === this.#due.count
  }

  /** Reads in all, written down or not. */
  get total(): number {
    return this.#written.reads + this.#count
  }

  /** Time of the newest read, milliseconds since 1970. */
  get lastAt(): number | undefined {
    return this.#count > 0 ? this.#times[(this.#count - 1) % HEAT_TIMES] : this.#written.recent[0]
  }

  /** Takes what is pending, to be written down. */
  take(): Heat {
    const pending = this.pending()
    this.#due = {
      ...this.#due,
      at: Math.max(this.#due.at, (pending.recent[0] ?? 0) + this.#due.everyMs),
      // What is written down now counts towards it too.
      count: Math.max(1, this.#due.count - pending.reads),
    }
    this.#written = addHeat(this.#written, pending)
    this.#count = 0
    return pending
  }

  /** With the reads that are pending. A hot copy may be older than what was written down since. */
  heat(written: Heat): Heat {
    return addHeat(written.reads < this.#written.reads ? this.#written : written, this.pending())
  }

  pending(): Heat {
    if (this.#count === 0) return COLD_HEAT
    const recent: number[] = []
    for (let i = this.#count - 1; i >= 0 && recent.length < HEAT_TIMES; i--) recent.push(this.#times[i % HEAT_TIMES]!)
    return { reads: this.#count, recent }
  }
}
