import { bodyHeapBytes } from '../../memory/body-heap-bytes.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { TermReader } from '../../search/term-reader.ts'
import { countPosting } from '../../search/unit-index.ts'
import { type Surface, surfaceOf } from './prior-surface.ts'
import { speakerOf } from './speakers.ts'

// A longer silence begins another conversation, as far as one sessionId spans several.
const SESSION_GAP_MS = 4 * 60 * 60 * 1000

// Parts of the heap, by measure: an entry of the Map with its array, a posting, an item with its places in the columns.
const TERM_BYTES = 200
const POSTING_BYTES = 8
const ITEM_BYTES = 450

/**
 * Which terms are in which items of a history, and what else is read off each item. Only ever added to, so that whoever
 * knows the first so many items of it still does when there are more.
 */
export class HistoryPostings {
  /** By term, rising by item: as `packPosting` writes them. */
  readonly byTerm: Map<string, number[]> = new Map()
  readonly items: MemoryItem[] = []
  /** By item: terms of all items up to it. */
  readonly lengthsTo: number[] = []
  /** By item: number of its session, rising. */
  readonly sessions: number[] = []
  /** By item: who says it, undefined where that isn't said. */
  readonly speakers: (string | undefined)[] = []
  /** By item: what it looks like. */
  readonly surfaces: Surface[] = []
  readonly #contents: string[] = []
  #bytes = 0

  /** What it takes in the heap; the items that it makes stay are counted too, also where others hold them. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether these are its first items, or all of them, with what was read off them then. */
  beginsWith(items: readonly MemoryItem[], count: number): boolean {
    if (count > this.items.length) return false
    for (let i = 0; i < count; i++) {
      const [item, known] = [items[i]!, this.items[i]!]
      // Items of ours are frozen; a caller's own may have been changed since.
      if (item.content !== this.#contents[i]) return false
      if (item !== known && (item.id !== known.id || speakerOf(item) !== this.speakers[i])) return false
    }
    return true
  }

  /** Adds items one by one with what `add` is called for. The words it has met are kept for so long only. */
  adder(): (item: MemoryItem) => void {
    let length = 0
    const reader = new TermReader<number[]>(
      (postings) => {
        length += 1
        const before = postings.length
        countPosting(postings, this.items.length)
        this.#bytes += POSTING_BYTES * (postings.length - before)
      },
      (term) => this.#postingsOf(term),
    )
    return (item) => {
      length = 0
      reader.read(item.content)
      this.#bytes += ITEM_BYTES + bodyHeapBytes(item)
      this.lengthsTo.push((this.lengthsTo.at(-1) ?? 0) + length)
      this.sessions.push(this.#sessionOf(item))
      this.speakers.push(speakerOf(item))
      this.surfaces.push(surfaceOf(item.content))
      this.#contents.push(item.content)
      this.items.push(item)
    }
  }

  #postingsOf(term: string): number[] {
    let postings = this.byTerm.get(term)
    if (postings !== undefined) return postings
    postings = []
    this.byTerm.set(term, postings)
    this.#bytes += TERM_BYTES
    return postings
  }

  #sessionOf(item: MemoryItem): number {
    const before = this.items.at(-1)
    const session = this.sessions.at(-1)
    if (before === undefined || session === undefined) return 0
    const isAnother = before.sessionId !== item.sessionId || item.createdAt - before.createdAt > SESSION_GAP_MS
    return isAnother ? session + 1 : session
  }
}
