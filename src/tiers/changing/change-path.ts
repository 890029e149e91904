import { ThermoclineError } from '../../errors.ts'
import { type EncodedBody, encodeChangedItem, makeItem } from '../../memory/item-body.ts'
import type { ItemBody, ItemChange, MemoryItem } from '../../memory/memory-item.ts'
import { NEVER, type SegmentRef } from '../../memory/record.ts'
import { isOwnedBy, isSystemSession, type Owner, type SessionIdentity, type SessionKey } from '../../memory/session.ts'
import { decodeAbout, encodeAbout, type SessionAbout } from '../../memory/session-about.ts'
import { isErased, type Stamp } from '../../memory/stamp.ts'
import type { AppendEntry, LoadedRecord } from '../durable-store.ts'
import { stateOf, unitOf } from '../placement/units.ts'
import { isExpired } from '../reading/history-pick.ts'
import { findPlaced, type SegmentReader, visibleRuns } from '../reading/record-runs.ts'
import { isOverlayFull, planErased, planFold } from '../rewriting/fold-plan.ts'
import { applyEdits, holdsNothing, newestMs, type RecordEdits } from '../rewriting/record-edits.ts'
import type { RewritePlan } from '../rewriting/rewrite-plan.ts'
import type { Planner, RewriteOutcome, Rewriter } from '../rewriting/rewriter.ts'
import type { TierParts } from '../tier-parts.ts'
import type { WritePath } from '../write-path.ts'

/** What to change of an item, said outright or made from what it is now; undefined leaves it as it is. */
export type ItemChanger = ItemChange | ((item: MemoryItem) => ItemChange | undefined)

/** What an erase of a session has removed. */
export interface Removed {
  readonly items: number
  readonly segments: number
}

type Decide<T> = (record: LoadedRecord, now: number) => Promise<Decision<T>>

interface Decision<T> {
  /** Absent: nothing is to be changed. */
  readonly edits?: RecordEdits
  readonly result: T
}

/** A caller waits for these, so they lose to others less readily than a sweep does. */
const MAX_ATTEMPTS = 24
/**
 * Commits that one erase of a session may take, but for those that leave erased segments to the next: each time only what
 * was appended meanwhile is left.
 */
const MAX_ERASE_ROUNDS = 16

/** From a caller's wish to a structural commit: changes, deletions, and the end of sessions. */
export class ChangePath {
  readonly #parts: TierParts
  readonly #rewriter: Rewriter
  readonly #holding: WritePath['holding']

  /** `holding` lets this process's own appends wait for what depends on the end of a session. */
  constructor(parts: TierParts, rewriter: Rewriter, holding: WritePath['holding']) {
    this.#parts = parts
    this.#rewriter = rewriter
    this.#holding = holding
  }

  /** The item as it is then, or undefined where there is none. `owner`, if given, must be the item's. */
  update(
    key: SessionKey,
    stamp: Stamp,
    changer: ItemChanger,
    owner: Owner | undefined,
  ): Promise<MemoryItem | undefined> {
    return this.#decide<MemoryItem | undefined>(key, undefined, async (record, now) => {
      checkOwner(record, owner)
      const found = await this.#find(record, stamp, now)
      if (found === undefined) return { result: undefined }
      const change = typeof changer === 'function' ? changer(found.item) : changer
      if (change === undefined) return { result: found.item }
      const { body, text } = encodeChangedItem(found.body, change, now)
      const { tier, accessCount, lastAccessedAt } = found.item
      const result = makeItem(record.session, stamp, body, { tier, accessCount, lastAccessedAt, cached: false })
      return { edits: { marks: new Map([[stamp, { kind: 'edited', body: text }]]) }, result }
    })
  }

  /** What was deleted, or undefined where there was nothing. */
  remove(key: SessionKey, stamp: Stamp, owner: Owner | undefined): Promise<MemoryItem | undefined> {
    return this.#decide<MemoryItem | undefined>(key, undefined, async (record, now) => {
      checkOwner(record, owner)
      const found = await this.#find(record, stamp, now)
      return found === undefined ? { result: undefined } : { edits: deletion(record, [stamp]), result: found.item }
    })
  }

  /** Takes the newest item off. */
  pop(key: SessionKey): Promise<MemoryItem | undefined> {
    return this.#decideEnd<MemoryItem | undefined>(key, undefined, async (record, now) => {
      const [newest] = await this.#newest(record, 1, now)
      if (newest === undefined) return { result: undefined }
      const found = await this.#find(record, newest, now)
      // Without the condition, somebody else's newer item could be seen before this one is gone.
      return { edits: { ...deletion(record, [newest]), onlyIfN: true }, result: found?.item }
    })
  }

  /**
   * Puts items in the place of the newest ones if these are still exactly `expected`; none expected means that there is
   * nothing. Undefined where the session ends otherwise.
   */
  async replaceEnd(
    session: SessionIdentity,
    expected: readonly Stamp[],
    items: readonly EncodedBody[],
  ): Promise<MemoryItem[] | undefined> {
    if (expected.length === 0) await this.#ensure(session)
    return this.#decideEnd<MemoryItem[] | undefined>(session.key, undefined, async (record, now) => {
      const newest = await this.#newest(record, Math.max(1, expected.length), now)
      if (newest.length !== expected.length || newest.some((stamp, i) => stamp !== expected[i]))
        return { result: undefined }
      const { stamps } = this.#parts
      const placed = items.map((encoded) => ({ ...encoded, stamp: stamps.next(session.key, now, record.erasedTo + 1) }))
      const addTail = placed.map(
        ({ stamp, text, body }): AppendEntry => ({ stamp, body: text, createdAt: body.createdAt }),
      )
      const state = { tier: 'hot', cached: false, lastAccessedAt: undefined, accessCount: 0 } as const
      return {
        edits: { ...deletion(record, expected), addTail, onlyIfN: true },
        result: placed.map(({ stamp, body }) => makeItem(session, stamp, body, state)),
      }
    })
  }

  /** Makes the session where there is none. */
  async setAbout(session: SessionIdentity, changer: (about: SessionAbout) => SessionAbout): Promise<void> {
    const change = (): Promise<boolean> =>
      this.#decide(session.key, false, async (record) => ({
        edits: { about: encodeAbout(changer(decodeAbout(record.about))) },
        result: true,
      }))
    await this.#ensure(session)
    if (!(await change())) throw lost()
  }

  /**
   * Removes what the session holds of then or earlier, by default all that it holds; with the last of it, the session
   * itself. What is appended meanwhile stays; what is said of the session as a whole goes unless `keepAbout`.
   */
  async erase(key: SessionKey, upTo?: number, keepAbout = false): Promise<Removed | undefined> {
    let removed: Removed | undefined
    let erasedTo = upTo
    for (let rounds = 0; rounds < MAX_ERASE_ROUNDS; ) {
      const cut = { items: 0, segments: 0, isWhole: true }
      const { result: hasErased, outcome } = await this.#run(key, false, async (record, now) => {
        erasedTo ??= Math.max(this.#parts.stamps.latest(key, now), newestMs(record))
        const left = applyEdits(record, { erasedTo })
        const cutSegments = planErased(left).map(({ from }) => left.segments[from]!)
        const gone = itemsOf(record.segments) - itemsOf(left.segments)
        cut.items = record.tail.length - left.tail.length + gone + itemsOf(cutSegments)
        cut.segments = record.segments.length - left.segments.length
        cut.isWhole = left.segments.every(({ last }) => !isErased(last, left.erasedTo))
        const isNamed = keepAbout && record.about !== ''
        const isEmpty = holdsNothing(left) && !isNamed
        const about = keepAbout ? {} : { about: '' }
        const isDone =
          cut.items + cut.segments === 0 &&
          cutSegments.length === 0 &&
          record.erasedTo >= erasedTo &&
          (keepAbout || record.about === '')
        if (isDone && !isEmpty) return { result: false }
        return { edits: { erasedTo, bury: isEmpty, ...about }, result: true }
      })
      if (!hasErased) return removed
      if (cut.isWhole) rounds += 1
      const kept = outcome.groups.reduce((sum, { items }) => sum + items, 0)
      removed = {
        items: (removed?.items ?? 0) + cut.items - kept,
        segments: (removed?.segments ?? 0) + cut.segments,
      }
    }
    return removed
  }

  async #ensure(session: SessionIdentity): Promise<void> {
    const { durable, clock } = this.#parts
    if ((await durable.load(session.key, { newest: 1 })) !== undefined) return
    await durable.append(session, [], { reviewAt: NEVER, createdAt: clock.now() })
  }

  #decideEnd<T>(key: SessionKey, absent: T, decide: Decide<T>): Promise<T> {
    return this.#holding(key, () => this.#decide(key, absent, decide))
  }

  async #decide<T>(key: SessionKey, absent: T, decide: Decide<T>): Promise<T> {
    return (await this.#run(key, absent, decide)).result
  }

  /** Runs one change under the fence; `absent` is the answer where there is no such session. */
  async #run<T>(
    key: SessionKey,
    absent: T,
    decide: Decide<T>,
  ): Promise<{ readonly result: T; readonly outcome: RewriteOutcome }> {
    let result = absent
    let isWanted = false
    const planner: Planner = async (record, _heat, now) => {
      // Whoever has changed an item has read it: what this process adds from now on sorts after it.
      this.#parts.stamps.observeRecord(record, now)
      const decision = await decide(record, now)
      result = decision.result
      isWanted = decision.edits !== undefined
      return decision.edits === undefined ? undefined : planOf(record, decision.edits)
    }
    const outcome = await this.#rewriter.run(key, planner, MAX_ATTEMPTS)
    if (outcome.lost) throw lost()
    // Deleted between the look at it and the commit.
    if (isWanted && !outcome.changed) return { result: absent, outcome }
    return { result, outcome }
  }

  async #find(
    record: LoadedRecord,
    stamp: Stamp,
    now: number,
  ): Promise<{ readonly item: MemoryItem; readonly body: ItemBody } | undefined> {
    const placed = await findPlaced(record, stamp, this.#segments(record.session.key))
    if (placed === undefined || placed === 'gone' || isExpired(placed.body, now)) return undefined
    const { ledger, options } = this.#parts
    const state = stateOf(unitOf(record, placed.unit, ledger, options, now)!)
    return { item: makeItem(record.session, stamp, placed.body, state), body: placed.body }
  }

  /** Stamps of the newest items that can be seen, rising. */
  async #newest(record: LoadedRecord, count: number, now: number): Promise<readonly Stamp[]> {
    const found: Stamp[] = []
    for (const run of visibleRuns(record, this.#segments(record.session.key), {}, 'newest')) {
      if (found.length >= count) break
      const placed = await run.read((stamp, body) => ({ stamp, isAlive: !isExpired(body, now) }))
      const alive = placed.filter(({ isAlive }) => isAlive).map(({ stamp }) => stamp)
      found.unshift(...alive.slice(Math.max(0, alive.length - (count - found.length))))
    }
    return found
  }

  #segments(key: SessionKey): SegmentReader {
    return (ref) => this.#parts.segments.read(key, ref)
  }
}

function planOf(record: LoadedRecord, edits: RecordEdits): RewritePlan {
  const left = applyEdits(record, edits)
  if (edits.erasedTo !== undefined) return { edits, groups: planErased(left) }
  return { edits, groups: isOverlayFull(left.overlay) ? planFold(left) : [] }
}

/**
 * Marks that these were there once, and takes them out of the tail at once; segments are rewritten by the next sweep, and
 * with them goes what came late into their range: until then a mark there stands for one item that is counted.
 */
function deletion(record: LoadedRecord, stamps: readonly Stamp[]): RecordEdits {
  const gone = new Set(stamps)
  const sealedTo = record.segments.at(-1)?.last ?? ''
  return {
    marks: new Map(stamps.map((stamp) => [stamp, { kind: 'deleted' }])),
    dropTail: record.tail.filter(({ stamp }) => gone.has(stamp) && stamp > sealedTo),
  }
}

/** A key leads to its session by a hash; whose it is, the record says. */
function checkOwner({ session }: LoadedRecord, owner: Owner | undefined): void {
  const isOwn = owner === undefined || isOwnedBy(session, owner)
  if (isOwn && !isSystemSession(session)) return
  throw new ThermoclineError('OUT_OF_SCOPE', 'Cannot change item: it belongs to another tenant or user')
}

function itemsOf(segments: readonly SegmentRef[]): number {
  return segments.reduce((sum, { items }) => sum + items, 0)
}

function lost(): ThermoclineError {
  return new ThermoclineError(
    'CONFLICT',
    'Cannot change session: others changed it at the same time, again and again; nothing was done, try again',
  )
}
