import type { Clock } from '../../lib/clock.ts'
import type { SessionKey } from '../../memory/session.ts'
import type { HotQuery } from '../hot-store.ts'

/** Sessions that are remembered one by one. Past that, a copy is believed by the time at which it was proven. */
const MAX_KEYS = 10_000
/** Two clocks are involved; a copy has to be younger than the trouble by so much, in milliseconds. */
const MARGIN_MS = 1000

/** Sessions whose copies in a shared store could not be told of a change, for as long as nobody has deleted them. */
export class DistrustedKeys {
  readonly #clock: Clock
  /** Each with the number of the trouble that was its last. */
  readonly #keys = new Map<SessionKey, number>()
  #troubles = 0
  readonly #segments = new Map<SessionKey, readonly string[]>()
  /** Copies that were proven before this time are not believed either, milliseconds since 1970. */
  #provenAfter = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(key: SessionKey): boolean {
    return this.#keys.size > 0 && this.#keys.has(key)
  }

  /** Of sessions that are known one by one, also those of which only segments should be gone. */
  get size(): number {
    return this.#keys.size + this.#segments.size
  }

  /** How often a session was added. */
  get troubles(): number {
    return this.#troubles
  }

  add(key: SessionKey): void {
    this.#troubles += 1
    if (this.#keys.size < MAX_KEYS || this.#keys.has(key)) this.#keys.set(key, this.#troubles)
    else this.addAll()
  }

  /** Which trouble with a session was its last: to be asked before a deletion is sent. */
  lastTrouble(key: SessionKey): number | undefined {
    return this.#keys.size > 0 ? this.#keys.get(key) : undefined
  }

  addAll(): void {
    this.#provenAfter = this.#clock.now()
  }

  /** Its copy was deleted, unless there was further trouble meanwhile. */
  delete(key: SessionKey, lastTrouble: number | undefined): void {
    if (lastTrouble !== undefined && this.#keys.get(key) === lastTrouble) this.#keys.delete(key)
  }

  keys(): readonly SessionKey[] {
    return [...this.#keys.keys()]
  }

  /** Copies of segments that should be gone. They are never wrong, so that some may be missed. */
  addSegments(key: SessionKey, segmentIds: readonly string[]): void {
    if (this.#segments.size < MAX_KEYS) this.#segments.set(key, [...(this.#segments.get(key) ?? []), ...segmentIds])
  }

  takeSegments(): readonly (readonly [SessionKey, readonly string[]])[] {
    const taken = [...this.#segments]
    this.#segments.clear()
    return taken
  }

  /** The query, asking for copies that are young enough. */
  limit(query: HotQuery): HotQuery {
    if (this.#provenAfter === Number.NEGATIVE_INFINITY) return query
    const sinceMs = this.#clock.now() - this.#provenAfter - MARGIN_MS
    return sinceMs >= query.maxProofAgeMs ? query : { ...query, maxProofAgeMs: Math.max(0, sinceMs) }
  }
}
