import type { BoundedCache } from '../../lib/lru-bytes.ts'
import { makeItem } from '../../memory/item-body.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import type { Overlay, SessionRecord, TailEntry } from '../../memory/record.ts'
import { identifySession, isOwnedBy, type Owner, type SessionKey } from '../../memory/session.ts'
import { type RankedItem, Ranking } from '../../search/ranking.ts'
import { resolveSearch, type SearchQuery } from '../../search/search-query.ts'
import { isTurnSpent, nextTurn } from '../../search/turn-share.ts'
import { recordRead } from '../placement/heat-flush.ts'
import { type PlacedUnit, stateOf, unitOf } from '../placement/units.ts'
import type { TierParts } from '../tier-parts.ts'
import { isExpired } from './history-pick.ts'
import { findPlaced } from './record-runs.ts'
import { type IndexBudget, indexTail, patchesOf, SessionIndexer } from './session-indexer.ts'
import { withReloads } from './with-reloads.ts'

export type { SearchQuery } from '../../search/search-query.ts'

/** An item that was found. */
export interface SearchHit {
  readonly item: MemoryItem
  /** Higher is better; comparable within one answer only. */
  readonly score: number
}

export interface SearchResult {
  /** The best first; of equally good ones the newest. */
  readonly hits: readonly SearchHit[]
  /** False where a bound ended the search before the oldest sessions. */
  readonly complete: boolean
  readonly sessionsSearched: number
  readonly itemsSearched: number
}

/** Bounds of one search. */
export interface SearchBounds {
  /** The newest are searched. */
  readonly maxSessions: number
  /** JSON of items that are read and indexed for it; what was indexed before costs nothing. */
  readonly maxIndexedBytes: number
}

/**
 * A session is a load of its record, about 0.1 ms from a file and 10 from a service; some 13 MiB are unpacked and indexed
 * in a second. So a search takes seconds at most, and only the first of a large memory does.
 */
const SEARCH_BOUNDS: SearchBounds = Object.freeze({ maxSessions: 1000, maxIndexedBytes: 64 * 1024 * 1024 })

/** Records that are asked for at once: they come one round trip after the other from a service. */
const RECORDS_AT_ONCE = 8

/** One search while it is under way. */
interface SearchRun {
  readonly ranking: Ranking
  readonly now: number
  readonly budget: IndexBudget
}

/**
 * Searches a user's memory: an inverted index for each segment, and for each tail, made when first needed and kept in
 * this process. Segments never change, so no index is ever stale, and none is ever stored.
 */
export class SearchPath {
  readonly #parts: TierParts
  readonly #background: (work: Promise<void>) => void
  readonly #bounds: SearchBounds
  readonly #indexer: SessionIndexer

  /** `background` gets work that nobody waits for, so that `close` can. */
  constructor(
    parts: TierParts,
    background: (work: Promise<void>) => void = (work) => void work.catch(() => undefined),
    bounds: SearchBounds = SEARCH_BOUNDS,
  ) {
    this.#parts = parts
    this.#background = background
    this.#bounds = bounds
    this.#indexer = new SessionIndexer(parts.segments, parts.options.searchIndexMaxBytes)
  }

  /**
   * The items of an owner that answer a question best. Reads the durable store, so it finds all that was acknowledged.
   * @throws ThermoclineError `INVALID_ARGUMENT`, `INVALID_ID`, `SEGMENT_…`, `STORE_…`
   */
  async search(owner: Owner, query: SearchQuery): Promise<SearchResult> {
    const { terms, limit } = resolveSearch(query)
    const only = query.sessionId === undefined ? undefined : identifySession({ ...owner, sessionId: query.sessionId })
    const run: SearchRun = {
      ranking: new Ranking(terms),
      now: this.#parts.clock.now(),
      budget: this.#indexer.budget(this.#bounds.maxIndexedBytes),
    }
    if (terms.length === 0) return resultOf(run, [], true, 0)
    const listed = only === undefined ? await this.#list(owner) : { keys: [only.key], complete: true }
    let sessions = 0
    for (let i = 0; i < listed.keys.length && run.budget.bytesLeft >= 0; i += RECORDS_AT_ONCE) {
      const keys = listed.keys.slice(i, i + RECORDS_AT_ONCE)
      const { lease } = this.#indexer
      const records = await Promise.all(keys.map((key) => this.#parts.durable.load(key)))
      for (const record of records) {
        if (run.budget.bytesLeft < 0 || record === undefined || !isOwnedBy(record.session, owner)) continue
        sessions += 1
        await this.#gather(record, lease, run)
        if (isTurnSpent()) await nextTurn()
      }
    }
    const hits = await this.#read(await run.ranking.best(limit))
    return resultOf(run, hits, listed.complete && run.budget.bytesLeft >= 0, sessions)
  }

  /** Indexes that are kept. */
  get cache(): BoundedCache {
    return this.#indexer.cache
  }

  /** Drops what is indexed of a session, and what a search is indexing of it now. */
  forget(key: SessionKey): void {
    this.#indexer.forget(key)
  }

  /** The newest sessions of an owner, all at once, so that one that is added to meanwhile is not passed over. */
  async #list(owner: Owner): Promise<{ readonly keys: readonly SessionKey[]; readonly complete: boolean }> {
    const { maxSessions } = this.#bounds
    const keys: SessionKey[] = []
    let cursor: string | undefined
    do {
      const page = await this.#parts.durable.list(owner, cursor, maxSessions + 1 - keys.length)
      for (const { key } of page.sessions) keys.push(key)
      cursor = page.cursor
    } while (cursor !== undefined && keys.length <= maxSessions)
    return { keys: keys.slice(0, maxSessions), complete: keys.length <= maxSessions }
  }

  /** Hands what can be seen of a session to the ranking, the newest unit first, as far as the budget goes. */
  #gather(loaded: SessionRecord, lease: number, run: SearchRun): Promise<void> {
    const { key } = loaded.session
    return withReloads(async (reloads) => {
      const record = reloads === 0 ? loaded : await this.#parts.durable.load(key)
      if (record === undefined) return
      const indexes = await this.#indexer.indexesOf(record, lease, run.budget)
      const patches: TailEntry[] = []
      for (const [unit, index] of indexes) {
        run.ranking.add(key, index, index.hidden(record.erasedTo, record.overlay, run.now))
        patches.push(...patchesOf(record, unit, index))
      }
      if (patches.length === 0) return
      const patch = await indexTail(patches.sort((a, b) => (a.stamp < b.stamp ? -1 : 1)))
      run.ranking.add(key, patch, patch.hidden(0, NO_CHANGES, run.now))
    })
  }

  /** What was found, as it is by now: what was deleted or expired meanwhile is left out. */
  async #read(found: readonly RankedItem[]): Promise<readonly SearchHit[]> {
    const items = new Map<RankedItem, MemoryItem>()
    const bySession = [...Map.groupBy(found, ({ key }) => key)]
    await Promise.all(bySession.map(([key, ofSession]) => withReloads(() => this.#readSession(key, ofSession, items))))
    return found.flatMap((ranked) => {
      const item = items.get(ranked)
      return item === undefined ? [] : [Object.freeze({ item, score: ranked.score })]
    })
  }

  async #readSession(key: SessionKey, found: readonly RankedItem[], items: Map<RankedItem, MemoryItem>): Promise<void> {
    const { durable, segments, stamps, clock } = this.#parts
    const record = await durable.load(key)
    if (record === undefined) return
    const now = clock.now()
    const units = new Map<string, PlacedUnit>()
    for (const ranked of found) {
      const placed = await findPlaced(record, ranked.stamp, (ref) => segments.read(key, ref))
      if (placed === undefined || placed === 'gone' || isExpired(placed.body, now)) continue
      const unit = units.get(placed.unit) ?? this.#readUnit(record, placed.unit, now)
      units.set(placed.unit, unit)
      items.set(ranked, makeItem(record.session, placed.stamp, placed.body, stateOf(unit)))
      // What this process adds from now on sorts after what it has read.
      stamps.observe(key, placed.stamp, now)
      if (isTurnSpent()) await nextTurn()
    }
  }

  #readUnit(record: SessionRecord, id: string, now: number): PlacedUnit {
    const { ledger, options } = this.#parts
    const unit = unitOf(record, id, ledger, options, now)!
    recordRead(this.#parts, record.session.key, unit, now, this.#background)
    return unit
  }
}

const NO_CHANGES: Overlay = new Map()

function resultOf(
  run: SearchRun,
  hits: readonly SearchHit[],
  complete: boolean,
  sessionsSearched: number,
): SearchResult {
  return Object.freeze({ hits: Object.freeze(hits), complete, sessionsSearched, itemsSearched: run.ranking.items })
}
