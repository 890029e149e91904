import type { MemoryItem } from '../../memory/memory-item.ts'
import { itemId, type SessionKey } from '../../memory/session.ts'
import { isErased } from '../../memory/stamp.ts'
import type { LoadedRecord } from '../durable-store.ts'
import type { HotAnswer, HotLease, HotMiss, HotQuery, HotSlot } from '../hot-store.ts'
import { TAIL_UNIT, unitOf } from '../placement/units.ts'
import type { TierParts } from '../tier-parts.ts'
import { makeCopy, type PlacedSpan, reviveCopy } from './make-copy.ts'
import type { CopyBounds, SessionCopy } from './session-copy.ts'

/** No hot store keeps more of a session by default; making larger copies than that would be for nothing. */
const COPY_BOUNDS: CopyBounds = Object.freeze({ maxItems: 500, maxBytes: 256 * 1024 })

/** The newest items of a session, as a read of the durable store has found them. */
export interface NewestItems {
  readonly items: readonly MemoryItem[]
  /** Rising. */
  readonly spans: readonly PlacedSpan[]
  /** Whether they begin with the first item of the session. */
  readonly complete: boolean
}

/**
 * Whether a copy has what a record shows of its tail. A database that was put back from a backup counts on from where it
 * was, so that count and fence may agree by chance.
 */
function holdsTail(copy: SessionCopy, { tail, overlay, erasedTo }: LoadedRecord): boolean {
  const oldest = copy.items[0]?.id ?? ''
  return tail.every(({ stamp }) => {
    const id = itemId(copy.session.key, stamp)
    return id < oldest || copy.placeOf(id) !== undefined || overlay.has(stamp) || isErased(stamp, erasedTo)
  })
}

/** What is asked of the hot tier. */
type Wanted = Pick<HotQuery, 'newest' | 'strong'>

/** The hot tier as readers use it: which copies may answer, and which are left for the next reader. */
export class HotCopies {
  readonly #parts: TierParts
  readonly #background: (work: Promise<void>) => void
  readonly #revive: HotQuery['revive'] = (stored) => {
    const { stamps, clock } = this.#parts
    const now = clock.now()
    const newest = stored.entries.at(-1)
    // What this process adds from now on sorts after what it has read.
    if (newest !== undefined) stamps.observe(stored.session.key, newest.stamp, now)
    return reviveCopy(this.#parts, stored, now)
  }
  #foreign: number | undefined
  #foreignCheckedAt = Number.NEGATIVE_INFINITY

  /** `background` gets work that nobody waits for, so that `close` can. */
  constructor(parts: TierParts, background: (work: Promise<void>) => void) {
    this.#parts = parts
    this.#background = background
  }

  /** Where an item lies in this process, if a copy may answer. */
  peek(id: string, now: number): HotSlot | undefined {
    this.#noticeForeignChanges(now)
    const slot = this.#parts.hot.peek?.(id)
    return slot?.copy.isServable(now) === true ? slot : undefined
  }

  /** A copy that may be served, or a lease to leave one. */
  async ask(key: SessionKey, now: number, { newest, strong = false }: Wanted): Promise<HotAnswer> {
    this.#noticeForeignChanges(now)
    const { hot, options } = this.#parts
    const { maxProofAgeMs } = options
    const query: HotQuery = { ...(newest !== undefined && { newest }), strong, maxProofAgeMs, revive: this.#revive }
    const answer = await hot.read(key, query)
    if (answer.kind === 'miss' || answer.isServable(now)) return answer
    hot.release(key)
    return hot.read(key, query)
  }

  /** Whether a copy may answer: a strong read goes past what only this process knows. */
  mayAnswer(strong: boolean): boolean {
    return !strong || this.#parts.hot.isShared === true
  }

  /** Whether another one in its place would hardly be longer. */
  isLong(copy: SessionCopy): boolean {
    return copy.isLong(COPY_BOUNDS)
  }

  /** A copy that was there for too long: where the record agrees with it, it is as good as new. */
  async provenBy(record: LoadedRecord, miss: HotMiss, now: number): Promise<SessionCopy | undefined> {
    const copy = miss.unproven
    if (copy === undefined || !copy.isOf(record) || !holdsTail(copy, record)) return undefined
    copy.prove(now + this.#provenForMs())
    if (!this.#parts.relief.refuses('cache-fill')) await this.#parts.hot.fill(record.session.key, miss.lease, copy)
    return copy
  }

  /** What a read of the store shows, no later one from a copy must fall behind. */
  async dropBehind(key: SessionKey, copy: SessionCopy, record: LoadedRecord | undefined): Promise<void> {
    if (record === undefined || !copy.isOf(record)) await this.#parts.hot.forget(key)
  }

  /** Leaves a copy of the newest items of a session. */
  async leave(record: LoadedRecord, lease: HotLease, newest: NewestItems, now: number): Promise<void> {
    // An empty copy that is not all there is would take whatever comes next for the newest.
    if (newest.items.length === 0 && !newest.complete) return
    const { hot, ledger, options, relief } = this.#parts
    if (relief.refuses('cache-fill')) return
    const from = Math.max(0, newest.items.length - COPY_BOUNDS.maxItems)
    const spans = [...newest.spans]
    // What is appended to the copy is of the tail, also where the tail is empty now.
    if (spans.at(-1)?.unit.id !== TAIL_UNIT)
      spans.push({ unit: unitOf(record, TAIL_UNIT, ledger, options, now)!, from: newest.items.length })
    const copy = makeCopy(
      this.#parts,
      {
        session: record.session,
        n: record.n,
        shownFence: record.shownFence,
        items: from === 0 ? newest.items : newest.items.slice(from),
        complete: newest.complete && from === 0,
        spans: spans.map(({ unit, from: start }) => ({ unit, from: Math.max(0, start - from) })),
        provenForMs: this.#provenForMs(),
      },
      now,
    )
    await hot.fill(record.session.key, lease, copy)
  }

  /** For how long a copy may be served once the store has shown what it has, in milliseconds. */
  #provenForMs(): number {
    const { durable, hot, options } = this.#parts
    if (hot.isShared === true) return options.maxProofAgeMs
    // Where nobody tells of other processes' writes, a copy is only as good as it is young.
    return durable.foreignChanges === undefined ? options.inProcessMaxAgeMs : Number.POSITIVE_INFINITY
  }

  /** Tells the hot tier to forget what other processes may have changed. Looks at most every `inProcessMaxAgeMs`. */
  #noticeForeignChanges(now: number): void {
    const { hot, options } = this.#parts
    // A shared hot tier is told by whoever changes something.
    if (hot.isShared === true) return
    const since = now - this.#foreignCheckedAt
    if (since >= 0 && since < options.inProcessMaxAgeMs) return
    this.#foreignCheckedAt = now
    const foreign = this.#foreignChanges()
    if (foreign !== this.#foreign && this.#foreign !== undefined) this.#background(Promise.resolve(hot.clear()))
    this.#foreign = foreign
  }

  /** A store that can't say counts as changed. */
  #foreignChanges(): number | undefined {
    try {
      return this.#parts.durable.foreignChanges?.()
    } catch {
      return Number.NaN
    }
  }
}
