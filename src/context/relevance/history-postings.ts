import type { MemoryItem } from '../../memory/memory-item.ts'
import { TermReader } from '../../search/term-reader.ts'
import { countOf, itemOf, packPosting } from '../../search/unit-index.ts'
import { calendarWords } from './calendar-words.ts'
import { speakerOf } from './speakers.ts'

// A longer silence begins another conversation, as far as one sessionId spans several.
const SESSION_GAP_MS = 4 * 60 * 60 * 1000

// A line that ends with a question mark, Latin, Arabic or full-width, whatever brackets and pictures come after it.
const ENDS_WITH_QUESTION = /[?？؟][^\p{L}\p{N}\n]*(?:\n|$)/u

// Parts of the heap, by measure: an entry of the Map with its array, a posting, an item's places in the columns.
const TERM_BYTES = 150
const POSTING_BYTES = 8
const ITEM_BYTES = 80

/** Where a term is. */
export interface TermPostings {
  /** Rising by item, as `packPosting` writes them. */
  readonly postings: number[]
  readonly tellsTime: boolean
}

/**
 * Which terms are in which items of a history, and what else is read off each item. Only ever added to, so that whoever
 * knows the first so many items of it still does when there are more.
 */
export class HistoryPostings {
  readonly byTerm: Map<string, TermPostings> = new Map()
  readonly items: MemoryItem[] = []
  /** By item: terms of all items up to it. */
  readonly lengthsTo: number[] = []
  /** By item: number of its session, rising. */
  readonly sessions: number[] = []
  /** By item: who says it, undefined where that isn't said. */
  readonly speakers: (string | undefined)[] = []
  /** By item: 1 for one that asks something. */
  readonly asks: number[] = []
  /** By item: 1 for one that has a word of time: a weekday, a month, "yesterday". */
  readonly tellsTime: number[] = []
  readonly #contents: string[] = []
  #bytes = 0

  /** What it takes in the heap; the contents that it makes stay are counted too. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether these are its first items, or all of them. */
  beginsWith(items: readonly MemoryItem[], count: number): boolean {
    if (count > this.items.length) return false
    for (let i = 0; i < count; i++) {
      // Items of ours are frozen; a caller's own may have been changed since.
      if (items[i] !== this.items[i] || items[i]!.content !== this.#contents[i]) return false
    }
    return true
  }

  /** Adds items one by one with what `add` is called for. The words it has met are kept for so long only. */
  adder(): (item: MemoryItem) => void {
    const { timeTerms } = calendarWords()
    let length = 0
    let time = 0
    const reader = new TermReader((term) => {
      length += 1
      let found = this.byTerm.get(term)
      if (found === undefined) {
        found = { postings: [], tellsTime: timeTerms.has(term) }
        this.byTerm.set(term, found)
        this.#bytes += TERM_BYTES
      }
      if (found.tellsTime) time = 1
      this.#count(found.postings)
    })
    return (item) => {
      length = 0
      time = 0
      reader.read(item.content)
      this.#bytes += ITEM_BYTES + 2 * item.content.length
      this.lengthsTo.push((this.lengthsTo.at(-1) ?? 0) + length)
      this.sessions.push(this.#sessionOf(item))
      this.speakers.push(speakerOf(item))
      this.asks.push(ENDS_WITH_QUESTION.test(item.content) ? 1 : 0)
      this.tellsTime.push(time)
      this.#contents.push(item.content)
      this.items.push(item)
    }
  }

  #count(postings: number[]): void {
    const item = this.items.length
    const last = postings.at(-1)
    if (last !== undefined && itemOf(last) === item)
      postings[postings.length - 1] = packPosting(item, countOf(last) + 1)
    else {
      postings.push(packPosting(item, 1))
      this.#bytes += POSTING_BYTES
    }
  }

  #sessionOf(item: MemoryItem): number {
    const before = this.items.at(-1)
    const session = this.sessions.at(-1)
    if (before === undefined || session === undefined) return 0
    const isAnother = before.sessionId !== item.sessionId || item.createdAt - before.createdAt > SESSION_GAP_MS
    return isAnother ? session + 1 : session
  }
}
