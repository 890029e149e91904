import { LruBytes } from '../../lib/lru-bytes.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { isTurnSpent, nextTurn } from '../../search/turn-share.ts'
import { throwIfAborted } from '../abort.ts'
import type { HistoryIndex } from './history-index.ts'
import { HistoryPostings } from './history-postings.ts'
import { LexicalIndex } from './lexical-index.ts'

interface KeptIndex {
  readonly postings: HistoryPostings
  /** Of all of them, with what it has worked out already. */
  readonly index: LexicalIndex
  /** Its key in the order of use. */
  readonly lastItem: WeakRef<MemoryItem>
}

/**
 * Indexes of histories that were pruned before, up to so many bytes of heap: the one that was used least recently goes
 * first. Kept by the last item of each, weakly: an index goes with the items that it was made from.
 */
export class HistoryIndexes {
  readonly #byLastItem = new WeakMap<MemoryItem, KeptIndex>()
  readonly #byUse: LruBytes<WeakRef<MemoryItem>, undefined>

  constructor(maxBytes: number) {
    this.#byUse = new LruBytes(maxBytes, (lastItem) => {
      const item = lastItem.deref()
      if (item !== undefined) this.#byLastItem.delete(item)
    })
  }

  /**
   * The index of these items: a kept one where they are the same items, extended where they go on, else made anew. Gives
   * the event loop back now and then.
   *
   * @throws ThermoclineError `ABORTED`
   */
  async of(items: readonly MemoryItem[], signal: AbortSignal | undefined): Promise<HistoryIndex> {
    const kept = this.#find(items)
    if (kept !== undefined) this.#byUse.get(kept.lastItem)
    if (kept?.postings.items.length === items.length) return kept.index
    // Out of reach of others while it is being extended; what they hold of it already stays as it is.
    if (kept !== undefined) this.#byUse.delete(kept.lastItem)
    const postings = kept?.postings ?? new HistoryPostings()
    const add = postings.adder()
    for (const item of items.slice(postings.items.length)) {
      if (isTurnSpent()) {
        await nextTurn()
        throwIfAborted(signal)
      }
      add(item)
    }
    const index = new LexicalIndex(postings, items.length)
    this.#keep(postings, index)
    return index
  }

  /** Of all of these items, or of the first of them. */
  #find(items: readonly MemoryItem[]): KeptIndex | undefined {
    for (let i = items.length - 1; i >= 0; i--) {
      const kept = this.#byLastItem.get(items[i]!)
      if (kept === undefined) continue
      return kept.postings.items.length === i + 1 && kept.postings.beginsWith(items, i + 1) ? kept : undefined
    }
    return undefined
  }

  #keep(postings: HistoryPostings, index: LexicalIndex): void {
    const item = postings.items.at(-1)
    if (item === undefined) return
    const before = this.#byLastItem.get(item)
    if (before !== undefined) this.#byUse.delete(before.lastItem)
    const lastItem = new WeakRef(item)
    if (this.#byUse.set(lastItem, undefined, postings.bytes)) this.#byLastItem.set(item, { postings, index, lastItem })
  }
}
