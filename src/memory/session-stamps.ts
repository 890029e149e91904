import { randomBytes } from 'node:crypto'
import type { SessionRecord } from './record.ts'
import type { SessionKey } from './session.ts'
import { MAX_STAMP_LEAD_MS, type Stamp, StampMaker, stampMs } from './stamp.ts'

/** Sessions that are ahead of the clock at once; for more, their time becomes everybody's, so that order is kept. */
const MAX_AHEAD = 10_000

/**
 * Stamps of one maker for many sessions. Within a session they rise past all that was read of it, also past what another
 * clock has stamped ahead of ours; that session alone then runs ahead, so that no user's items move the times of others'.
 */
export class SessionStamps {
  readonly #random: Uint8Array
  readonly #common: StampMaker
  readonly #ahead = new Map<SessionKey, StampMaker>()

  /** `random`: 8 bytes, drawn once; two makers alive at once must never share them. */
  constructor(random: Uint8Array = randomBytes(8)) {
    this.#random = random
    this.#common = new StampMaker(random)
  }

  /** A stamp for a new item, of `notBeforeMs` or later. */
  next(key: SessionKey, now: number, notBeforeMs = 0): Stamp {
    const at = Math.max(now, notBeforeMs)
    const own = this.#ahead.size === 0 ? undefined : this.#aheadOf(key, now)
    if (own === undefined && at <= Math.max(now, this.#common.ms)) return this.#common.next(at)
    return (own ?? this.#letAhead(key)).next(at)
  }

  /** Learns of a stamp that was read or acknowledged, so that what is made next for its session sorts after it. */
  observe(key: SessionKey, stamp: Stamp, now: number): void {
    const ms = stampMs(stamp)
    if (ms > now + MAX_STAMP_LEAD_MS) return
    const own = this.#aheadOf(key, now)
    own?.observe(stamp, now)
    if (ms <= Math.max(now, this.#common.ms)) this.#common.observe(stamp, now)
    else if (own === undefined) this.#letAhead(key).observe(stamp, now)
  }

  /** The same of the newest stamps of a record. A latecomer may be all that is in the tail, so segments count too. */
  observeRecord({ session, tail, segments }: SessionRecord, now: number): void {
    for (const newest of [tail.at(-1)?.stamp, segments.at(-1)?.last]) {
      if (newest !== undefined) this.observe(session.key, newest, now)
    }
  }

  /** No stamp made or learnt of so far for sessions whose keys begin so is later, in milliseconds since 1970. */
  latest(keyPrefix: string, now: number): number {
    let latest = Math.max(Math.trunc(now), this.#common.ms)
    for (const [key, { ms }] of this.#ahead) if (key.startsWith(keyPrefix)) latest = Math.max(latest, ms)
    return latest
  }

  /** The maker of a session that is ahead, until the clock has caught up with it. */
  #aheadOf(key: SessionKey, now: number): StampMaker | undefined {
    const own = this.#ahead.get(key)
    if (own === undefined || own.ms >= now) return own
    this.#ahead.delete(key)
    // The clock may step back again before the next stamp is made.
    this.#common.reach(own.ms + 1)
    return undefined
  }

  #letAhead(key: SessionKey): StampMaker {
    if (this.#ahead.size >= MAX_AHEAD) return this.#common
    const own = new StampMaker(this.#random)
    this.#ahead.set(key, own)
    return own
  }
}
