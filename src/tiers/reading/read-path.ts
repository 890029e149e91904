import { ThermoclineError } from '../../errors.ts'
import { makeItem } from '../../memory/item-body.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import type { SessionRecord } from '../../memory/record.ts'
import { itemId, SESSION_KEY_CHARS, type SessionKey, stampOf } from '../../memory/session.ts'
import type { Stamp } from '../../memory/stamp.ts'
import type { LoadedRecord, LoadOptions } from '../durable-store.ts'
import { HotCopies } from '../hot/hot-copies.ts'
import type { PlacedSpan } from '../hot/make-copy.ts'
import type { SessionCopy } from '../hot/session-copy.ts'
import type { HotAnswer, HotLease } from '../hot-store.ts'
import { flushHeat, recordRead } from '../placement/heat-flush.ts'
import { type PlacedUnit, stateOf, TAIL_UNIT, unitOf } from '../placement/units.ts'
import type { TierParts } from '../tier-parts.ts'
import { arrange, firstAbove, isExpired, pick } from './history-pick.ts'
import { type ItemRead, type ResolvedQuery, windowIds } from './history-query.ts'
import { findPlaced, type SegmentReader, visibleRuns } from './record-runs.ts'
import { mayReload, withReloads } from './with-reloads.ts'

/** Items that the iterator asks of the tail at a time. */
const ITERATOR_PAGE = 256

/** Items of one unit, rising by stamp. */
interface PlacedRun {
  readonly unit: PlacedUnit
  readonly items: MemoryItem[]
}

/** Of a session, so many of the newest items are looked through for a single one before all are fetched. */
const LOOK_THROUGH = 50

/** From a question to items: hot copy, then record, then as few segments as it takes. */
export class ReadPath {
  readonly #parts: TierParts
  readonly #background: (work: Promise<void>) => void
  readonly #copies: HotCopies

  /** `background` gets work that nobody waits for, so that `close` can. */
  constructor(parts: TierParts, background: (work: Promise<void>) => void) {
    this.#parts = parts
    this.#background = background
    this.#copies = new HotCopies(parts, background)
  }

  /** An item from the copy in this process, or undefined where that can't tell. Never asks anybody. */
  peek(id: string): MemoryItem | undefined {
    const now = this.#parts.clock.now()
    const slot = this.#copies.peek(id, now)
    return slot && this.#fromPlace(slot.copy, slot.place, now)
  }

  /** `gone` where it was there once, or its time is over. */
  async item(key: SessionKey, stamp: Stamp, { strong, peek }: ItemRead): Promise<MemoryItem | 'gone' | undefined> {
    const now = this.#parts.clock.now()
    const id = itemId(key, stamp)
    let answer = peek ? undefined : await this.#copies.ask(key, now, { newest: LOOK_THROUGH, strong })
    if (answer?.kind === 'copy' && !answer.complete && id < (answer.items[0]?.id ?? '')) {
      // Older than what was asked for.
      answer = await this.#copies.ask(key, now, { strong })
    }
    if (answer?.kind === 'copy' && this.#copies.mayAnswer(strong)) {
      const place = answer.placeOf(id)
      if (place !== undefined) return this.#fromPlace(answer, place, now) ?? 'gone'
      if (answer.complete) return undefined
    }
    return this.#withReloads(key, {}, async (record) => {
      if (answer?.kind === 'copy') await this.#copies.dropBehind(key, answer, record)
      if (record === undefined) return undefined
      const placed = await findPlaced(record, stamp, this.#segments(key))
      if (answer?.kind === 'miss') await this.#fillTail(record, answer.lease, now)
      if (placed === undefined || placed === 'gone') return placed
      const unit = this.#unit(record, placed.unit, now)
      if (!peek) this.#recordRead(key, unit, now)
      const item = makeItem(record.session, placed.stamp, placed.body, stateOf(unit))
      return isExpired(item, now) ? 'gone' : item
    })
  }

  /** @throws ThermoclineError `RESPONSE_TOO_LARGE` */
  async history(key: SessionKey, query: ResolvedQuery): Promise<readonly MemoryItem[] | undefined> {
    if (query.peek) return this.#peekHistory(key, query)
    const now = this.#parts.clock.now()
    const { strong } = query
    const isEnd = query.from === 'newest' && Number.isFinite(query.limit) && query.window.before === undefined
    let answer = await this.#copies.ask(key, now, isEnd ? { newest: query.limit, strong } : { strong })
    if (answer.kind === 'copy' && this.#copies.mayAnswer(strong)) {
      const hit = this.#fromCopy(key, answer, query, now)
      if (hit !== undefined) return hit
      if (isEnd && this.#parts.hot.isShared === true) {
        // Some of the newest are no more: the copy may reach further than it was asked for.
        answer = await this.#copies.ask(key, now, { strong })
        const found = answer.kind === 'copy' ? this.#fromCopy(key, answer, query, now) : undefined
        if (found !== undefined) return found
      }
      const isNewest = query.from === 'newest' && query.window.before === undefined
      if (answer.kind === 'copy' && isNewest && !this.#copies.isLong(answer)) {
        // What is read now reaches further: it takes the copy's place.
        await this.#parts.hot.forget(key)
        answer = await this.#copies.ask(key, now, { strong })
      }
    }
    if (isEnd) {
      const items = await this.#withReloads(key, { newest: query.limit }, (record) =>
        this.#collect(key, record, query, answer, now),
      )
      if (items !== 'tail too short') return items
    }
    const items = await this.#withReloads(key, {}, (record) => this.#collect(key, record, query, answer, now))
    return items === 'tail too short' ? undefined : items
  }

  /** False where there is no such session. Holds one run at a time, however long the history is; a rewrite meanwhile neither repeats nor skips an item. */
  async *iterate(key: SessionKey, query: ResolvedQuery): AsyncGenerator<MemoryItem, boolean, undefined> {
    let { window } = query
    let left = query.limit
    const direction = query.order
    let reloads = 0
    let isKnown = false
    // The newest entries of the tail first, where they come first; then all there is.
    let newest = direction === 'newest' && window.before === undefined ? Math.min(left, ITERATOR_PAGE) : undefined
    while (left > 0) {
      const now = this.#parts.clock.now()
      const record = await this.#parts.durable.load(key, newest === undefined ? {} : { newest })
      // Deleted meanwhile, it ends; it is not taken for one that never was.
      if (record === undefined) return isKnown
      isKnown = true
      this.#observe(record)
      try {
        for (const run of visibleRuns(record, this.#segments(key, !query.peek), window, direction)) {
          if (run.unit !== TAIL_UNIT && !record.tailComplete) break
          const unit = this.#unit(record, run.unit, now)
          const state = stateOf(unit)
          const rising = await run.read((stamp, body) => makeItem(record.session, stamp, body, state))
          if (rising.length > 0 && !query.peek) this.#recordRead(key, unit, now)
          for (const item of direction === 'newest' ? rising.reverse() : rising) {
            const stamp = stampOf(item.id)
            window = direction === 'newest' ? { ...window, before: stamp } : { ...window, after: stamp }
            if (isExpired(item, this.#parts.clock.now())) continue
            yield item
            left -= 1
            if (left === 0) return true
          }
          reloads = 0
        }
        if (record.tailComplete) return true
        newest = undefined
      } catch (error) {
        if (!mayReload(error, reloads)) throw error
        reloads += 1
      }
    }
    return true
  }

  async #peekHistory(key: SessionKey, query: ResolvedQuery): Promise<readonly MemoryItem[] | undefined> {
    const { maxHistoryItems } = this.#parts.options
    const items: MemoryItem[] = []
    const iterator = this.iterate(key, { ...query, order: query.from })
    for (let step = await iterator.next(); ; step = await iterator.next()) {
      if (step.done === true) {
        if (!step.value) return undefined
        return arrange(query.from === 'newest' ? items.reverse() : items, query)
      }
      if (items.length >= maxHistoryItems) throw tooLarge(maxHistoryItems)
      items.push(step.value)
    }
  }

  #fromPlace(copy: SessionCopy, place: number, now: number): MemoryItem | undefined {
    const item = copy.itemAt(place)
    if (item === undefined || isExpired(item, now)) return undefined
    if (copy.recordReadAt(place, now)) this.#writeHeat(item.id.slice(0, SESSION_KEY_CHARS) as SessionKey)
    // Recording may have renewed what the item says of reads.
    return copy.itemAt(place)
  }

  #fromCopy(key: SessionKey, copy: SessionCopy, query: ResolvedQuery, now: number): readonly MemoryItem[] | undefined {
    const { after, before } = windowIds(key, query.window)
    const lo = after === undefined ? 0 : firstAbove(copy.items, after)
    const reachesDown = copy.complete || lo > 0
    const hi = before === undefined ? copy.count : firstAbove(copy.items, before, true)
    if (!reachesDown && (query.from === 'oldest' || hi - lo < query.limit)) return undefined
    // Recording comes first, since it may renew what the items say of reads.
    const [from, to] =
      query.from === 'newest' ? [Math.max(lo, hi - query.limit), hi] : [lo, Math.min(hi, lo + query.limit)]
    if (copy.recordRead(from, to, now, query.counted)) this.#writeHeat(key)
    const items = pick(copy.items, lo, hi, query, now)
    return items.length < query.limit && !reachesDown ? undefined : arrange(items, query)
  }

  async #collect(
    key: SessionKey,
    record: LoadedRecord | undefined,
    query: ResolvedQuery,
    answer: HotAnswer,
    now: number,
  ): Promise<readonly MemoryItem[] | undefined | 'tail too short'> {
    if (answer.kind === 'copy') await this.#copies.dropBehind(key, answer, record)
    if (record === undefined) return undefined
    const proven = answer.kind === 'miss' ? await this.#copies.provenBy(record, answer, now) : undefined
    const hit = proven && this.#fromCopy(key, proven, query, now)
    if (hit !== undefined) return hit
    const runs: PlacedRun[] = []
    let count = 0
    let exhausted = record.tailComplete
    for (const run of visibleRuns(record, this.#segments(key), query.window, query.from)) {
      if (run.unit !== TAIL_UNIT && !record.tailComplete) return 'tail too short'
      const last = runs.at(-1)
      // A unit is read once, however many runs it takes.
      const unit = last?.unit.id === run.unit ? last.unit : this.#readUnit(record, run.unit, now, query.counted)
      const state = stateOf(unit)
      const read = run.read((stamp, body) => makeItem(record.session, stamp, body, state))
      const items = read instanceof Promise ? await read : read
      runs.push({ unit, items })
      for (const item of items) if (!isExpired(item, now)) count += 1
      if (count >= query.limit) {
        exhausted = false
        break
      }
      if (count > this.#parts.options.maxHistoryItems) throw tooLarge(this.#parts.options.maxHistoryItems)
    }
    if (count < query.limit && !record.tailComplete) return 'tail too short'
    const { items, spans } = joinRuns(query.from === 'newest' ? runs.reverse() : runs)
    if (
      answer.kind === 'miss' &&
      query.window.before === undefined &&
      (query.from === 'newest' || count < query.limit)
    ) {
      // These are the newest items, without a gap.
      await this.#copies.leave(
        record,
        answer.lease,
        { items, spans, complete: exhausted && query.window.after === undefined },
        now,
      )
    }
    return arrange(pick(items, 0, items.length, query, now), query)
  }

  /** Leaves a copy of the whole tail. */
  async #fillTail(record: LoadedRecord, lease: HotLease, now: number): Promise<void> {
    const unit = this.#unit(record, TAIL_UNIT, now)
    const state = stateOf(unit)
    const runs: PlacedRun[] = []
    for (const run of visibleRuns(record, this.#segments(record.session.key), {}, 'oldest')) {
      if (run.unit !== TAIL_UNIT) continue
      runs.push({ unit, items: await run.read((stamp, body) => makeItem(record.session, stamp, body, state)) })
    }
    const { items } = joinRuns(runs)
    await this.#copies.leave(
      record,
      lease,
      { items, spans: [{ unit, from: 0 }], complete: record.segments.length === 0 },
      now,
    )
  }

  #withReloads<T>(
    key: SessionKey,
    options: LoadOptions,
    body: (record: LoadedRecord | undefined) => Promise<T>,
  ): Promise<T> {
    return withReloads(async () => {
      const record = await this.#parts.durable.load(key, options)
      if (record !== undefined) this.#observe(record)
      return body(record)
    })
  }

  /** What this process adds from now on sorts after what it has read. */
  #observe(record: SessionRecord): void {
    this.#parts.stamps.observeRecord(record, this.#parts.clock.now())
  }

  #segments(key: SessionKey, keep = true): SegmentReader {
    return (ref) => this.#parts.segments.read(key, ref, { keep })
  }

  #unit(record: SessionRecord, id: string, now: number): PlacedUnit {
    return unitOf(record, id, this.#parts.ledger, this.#parts.options, now)!
  }

  /** A unit that something is read of. */
  #readUnit(record: SessionRecord, id: string, now: number, counted?: Set<string>): PlacedUnit {
    const unit = this.#unit(record, id, now)
    if (counted?.has(id) !== true) this.#recordRead(record.session.key, unit, now)
    counted?.add(id)
    return unit
  }

  #recordRead(key: SessionKey, unit: PlacedUnit, now: number): void {
    recordRead(this.#parts, key, unit, now, this.#background)
  }

  #writeHeat(key: SessionKey): void {
    this.#background(flushHeat(this.#parts, key))
  }
}

function tooLarge(limit: number): ThermoclineError {
  return new ThermoclineError(
    'RESPONSE_TOO_LARGE',
    `Cannot read history: more than ${limit} items; set a limit, or iterate`,
    { details: { limit } },
  )
}

/** Runs that rise, as one list. */
function joinRuns(rising: readonly PlacedRun[]): {
  readonly items: MemoryItem[]
  readonly spans: readonly PlacedSpan[]
} {
  const spans: PlacedSpan[] = []
  let from = 0
  for (const { unit, items } of rising) {
    if (items.length > 0 && spans.at(-1)?.unit.id !== unit.id) spans.push({ unit, from })
    from += items.length
  }
  return { items: rising.length === 1 ? rising[0]!.items : rising.flatMap(({ items }) => items), spans }
}
