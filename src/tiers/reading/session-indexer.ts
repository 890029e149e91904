import type { BoundedCache } from '../../lib/lru-bytes.ts'
import { decodeBody } from '../../memory/item-body.ts'
import type { SegmentRef, SessionRecord, TailEntry } from '../../memory/record.ts'
import type { SegmentEntry } from '../../memory/segment-format/index.ts'
import type { SessionKey } from '../../memory/session.ts'
import { isErased, type Stamp } from '../../memory/stamp.ts'
import { IndexCache, type KeepBudget, type SessionIndexes, TAIL_INDEX } from '../../search/index-cache.ts'
import { isTurnSpent, nextTurn } from '../../search/turn-share.ts'
import type { UnitIndex } from '../../search/unit-index.ts'
import { UnitIndexBuilder } from '../../search/unit-index-builder.ts'
import { freshTail, stragglersOf } from './record-runs.ts'
import type { SegmentSource } from './segment-source.ts'

/** What one search may still do. */
export interface IndexBudget {
  /** JSON of items that may still be indexed. Below zero once there was more than that. */
  bytesLeft: number
  readonly keep: KeepBudget
}

/**
 * Indexes of the units of sessions: kept where there is room for them, otherwise made anew. Segments never change, and a
 * tail is known by its stamps, so none is ever stale; and none is ever stored.
 */
export class SessionIndexer {
  readonly #segments: SegmentSource
  readonly #cache: IndexCache
  /** Segments that are being indexed: searches at once share the work. */
  readonly #indexing = new Map<string, Promise<UnitIndex>>()

  constructor(segments: SegmentSource, maxBytes: number) {
    this.#segments = segments
    this.#cache = new IndexCache(maxBytes)
  }

  get cache(): BoundedCache {
    return this.#cache.bounds
  }

  /** To be asked for before a record is loaded: see {@link IndexCache.lease}. */
  get lease(): number {
    return this.#cache.lease
  }

  budget(bytes: number): IndexBudget {
    return { bytesLeft: bytes, keep: this.#cache.budget() }
  }

  forget(key: SessionKey): void {
    this.#cache.forget(key)
  }

  /** Of the units of a record, the newest first, as far as the budget goes. */
  async indexesOf(record: SessionRecord, lease: number, budget: IndexBudget): Promise<SessionIndexes> {
    const indexes = await this.#make(record, budget)
    this.#cache.set(record.session.key, indexes, lease, budget.keep)
    return indexes
  }

  async #make(record: SessionRecord, budget: IndexBudget): Promise<SessionIndexes> {
    const known = this.#cache.get(record.session.key)
    const indexes = new Map<string, UnitIndex>()
    const tail = freshTail(record)
    if (tail.length > 0) {
      let index = known?.get(TAIL_INDEX)
      if (index?.stamps !== stampsOf(tail)) {
        budget.bytesLeft -= tail.reduce((sum, { body }) => sum + body.length, 0)
        if (budget.bytesLeft < 0) return indexes
        index = await indexTail(tail)
      }
      indexes.set(TAIL_INDEX, index)
    }
    for (const ref of record.segments.toReversed()) {
      let index = known?.get(ref.id)
      if (index === undefined) {
        budget.bytesLeft -= ref.rawBytes
        if (budget.bytesLeft < 0) return indexes
        index = await this.#indexSegment(record.session.key, ref)
      }
      indexes.set(ref.id, index)
    }
    return indexes
  }

  #indexSegment(key: SessionKey, ref: SegmentRef): Promise<UnitIndex> {
    const id = key + ref.id
    let indexing = this.#indexing.get(id)
    if (indexing === undefined) {
      indexing = this.#segments
        .read(key, ref, { keep: false })
        .then(({ entries, gone }) => indexOf(entries, gone))
        .finally(() => this.#indexing.delete(id))
      this.#indexing.set(id, indexing)
    }
    return indexing
  }
}

function stampsOf(entries: readonly TailEntry[]): string {
  return entries.map(({ stamp }) => stamp).join('')
}

/** What is seen of a unit in place of what its index has: edited bodies, and items that came late into its range. */
export function patchesOf(record: SessionRecord, unit: string, index: UnitIndex): TailEntry[] {
  const patches: TailEntry[] = []
  for (const [stamp, change] of record.overlay) {
    if (change.kind === 'edited' && index.positionOf(stamp) >= 0) patches.push({ stamp, body: change.body })
  }
  if (unit !== TAIL_INDEX) {
    const stragglers = stragglersOf(
      record,
      record.segments.findIndex(({ id }) => id === unit),
    )
    for (const { stamp, body } of stragglers) {
      const change = record.overlay.get(stamp)
      if (index.knows(stamp) || change?.kind === 'deleted') continue
      patches.push({ stamp, body: change?.body ?? body })
    }
  }
  return patches.filter(({ stamp }) => !isErased(stamp, record.erasedTo))
}

export function indexTail(entries: readonly TailEntry[]): Promise<UnitIndex> {
  return indexOf(decoded(entries), [])
}

function* decoded(entries: readonly TailEntry[]): Generator<SegmentEntry> {
  for (const { stamp, body } of entries) yield { stamp, body: decodeBody(body) }
}

/** Rests between items, so that it never holds up what else the process does. */
async function indexOf(entries: Iterable<SegmentEntry>, gone: readonly Stamp[]): Promise<UnitIndex> {
  const builder = new UnitIndexBuilder()
  for (const { stamp, body } of entries) {
    builder.add(stamp, body)
    if (isTurnSpent()) await nextTurn()
  }
  return builder.build(gone)
}
