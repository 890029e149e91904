import { type BoundedCache, LruBytes } from '../../lib/lru-bytes.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { isTurnSpent, nextTurn } from '../../search/turn-share.ts'
import { throwIfAborted } from '../abort.ts'
import { clearWhenErased } from '../erasable-caches.ts'
import { loadCalendarWords } from './calendar-words.ts'
import type { HistoryIndex } from './history-index.ts'
import { HistoryPostings } from './history-postings.ts'
import { LexicalIndex } from './lexical-index.ts'

interface KeptIndex {
  readonly postings: HistoryPostings
  readonly index: LexicalIndex
}

/**
 * Indexes of histories that were pruned before, up to so many bytes of heap: the one that was used least recently goes
 * first. Found by the id of their last item, since a store hands out new objects for the same items.
 */
export class HistoryIndexes {
  readonly #byLastId: LruBytes<string, KeptIndex>

  get cache(): BoundedCache {
    return this.#byLastId
  }

  constructor(maxBytes: number) {
    this.#byLastId = new LruBytes(maxBytes)
    clearWhenErased(this)
  }

  /**
   * The index of these items: a kept one where they are the same items, extended where they go on, else made anew. Gives
   * the event loop back now and then.
   *
   * @throws ThermoclineError `ABORTED`
   */
  async of(items: readonly MemoryItem[], signal: AbortSignal | undefined): Promise<HistoryIndex> {
    const words = await loadCalendarWords()
    const kept = this.#find(items)
    if (kept?.postings.items.length === items.length) return kept.index
    // Out of reach of others while it is being extended; what they hold of it already stays as it is.
    if (kept !== undefined) this.#byLastId.delete(lastIdOf(kept.postings.items))
    const postings = kept?.postings ?? new HistoryPostings()
    const add = postings.adder()
    for (const item of items.slice(postings.items.length)) {
      if (isTurnSpent()) {
        await nextTurn()
        throwIfAborted(signal)
      }
      add(item)
    }
    const index = new LexicalIndex(postings, items.length, words)
    if (isTurnSpent()) await nextTurn()
    // So that the first question doesn't have to wait for it in the same turn.
    index.prior()
    if (items.length > 0) this.#byLastId.set(lastIdOf(items), { postings, index }, postings.bytes)
    return index
  }

  clear(): void {
    this.#byLastId.clear()
  }

  /** Of all of these items, or of the first of them. */
  #find(items: readonly MemoryItem[]): KeptIndex | undefined {
    for (let i = items.length - 1; i >= 0; i--) {
      const kept = this.#byLastId.get(items[i]!.id)
      if (kept === undefined) continue
      return kept.postings.items.length === i + 1 && kept.postings.beginsWith(items, i + 1) ? kept : undefined
    }
    return undefined
  }
}

function lastIdOf(items: readonly MemoryItem[]): string {
  return items.at(-1)?.id ?? ''
}
