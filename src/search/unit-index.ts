import type { Overlay } from '../memory/record.ts'
import { isErased, STAMP_CHARS, type Stamp } from '../memory/stamp.ts'
import { isAscii } from './fold-text.ts'

/** Positions of items that must not be found, or undefined where there are none. */
export type HiddenItems = ReadonlySet<number> | undefined

/** The columns of an index, made by `UnitIndexBuilder`. */
interface UnitIndexColumns {
  /** Rising, each followed by a line break. */
  readonly terms: string
  /** Where each term begins in `terms`, and its end. */
  readonly termStarts: Uint32Array
  /** By term: items with how often the term is in each, as `packPosting` writes them. */
  readonly postings: Uint32Array
  /** Where the postings of each term begin, and the end of the last. */
  readonly postingStarts: Uint32Array
  /** By item: how many terms it has. */
  readonly lengths: Uint32Array
  /** Of the items, rising, without anything between them. */
  readonly stamps: string
  /** Of items that the unit once held, in the same form. */
  readonly gone: string
  readonly expiring: readonly { readonly item: number; readonly at: number }[]
}

const MAX_COUNT = 255
const NO_POSTINGS = new Uint32Array(0)
// By measure: the objects themselves, those of four typed arrays among them.
const FIXED_BYTES = 1000

/**
 * The position of an item in its unit, below 2^24, and how often it has a term: past 255 another occurrence changes a score
 * by less than a thousandth.
 */
export function packPosting(item: number, count: number): number {
  return (item * (MAX_COUNT + 1) + Math.min(count, MAX_COUNT)) >>> 0
}

/** Counts a term of the newest item into its postings. */
export function countPosting(postings: number[], item: number): void {
  const last = postings[postings.length - 1]
  if (last !== undefined && itemOf(last) === item) postings[postings.length - 1] = packPosting(item, countOf(last) + 1)
  else postings.push(packPosting(item, 1))
}

export function itemOf(posting: number): number {
  return posting >>> 8
}

export function countOf(posting: number): number {
  return posting & MAX_COUNT
}

/**
 * Which terms are in which items of a segment, or of a tail as it was. Never changes. Columns of numbers and of joined
 * text: a fifth of the heap of Maps, and nothing that would keep the texts themselves.
 */
export class UnitIndex {
  readonly #columns: UnitIndexColumns
  /** Terms of all items together. */
  readonly length: number
  /** What it takes in the heap. */
  readonly bytes: number

  constructor(columns: UnitIndexColumns) {
    this.#columns = columns
    this.bytes = heapBytes(columns)
    this.length = columns.lengths.reduce((sum, length) => sum + length, 0)
  }

  get items(): number {
    return this.#columns.lengths.length
  }

  /** Stamps of its items, rising, as one text: what tells one tail from another. */
  get stamps(): string {
    return this.#columns.stamps
  }

  lengthOf(item: number): number {
    return this.#columns.lengths[item] ?? 0
  }

  stampOf(item: number): Stamp {
    return this.#columns.stamps.slice(item * STAMP_CHARS, (item + 1) * STAMP_CHARS) as Stamp
  }

  /** Rising by item. */
  postingsOf(term: string): Uint32Array {
    const { terms, termStarts, postings, postingStarts } = this.#columns
    const i = search(termStarts.length - 1, term, (at) => terms.slice(termStarts[at], termStarts[at + 1]! - 1))
    return i < 0 ? NO_POSTINGS : postings.subarray(postingStarts[i], postingStarts[i + 1])
  }

  /** Position of the item at a stamp, or -1. */
  positionOf(stamp: Stamp): number {
    return positionIn(this.#columns.stamps, stamp)
  }

  /** Whether the unit holds an item of this stamp, or held one that was deleted. */
  knows(stamp: Stamp): boolean {
    return this.positionOf(stamp) >= 0 || positionIn(this.#columns.gone, stamp) >= 0
  }

  /** What a record says must not be seen of it now: erased, deleted or edited, or expired. */
  hidden(erasedTo: number, overlay: Overlay, now: number): HiddenItems {
    const hidden = new Set<number>()
    for (let item = 0; item < this.items && isErased(this.stampOf(item), erasedTo); item++) hidden.add(item)
    for (const stamp of overlay.keys()) {
      const item = this.positionOf(stamp)
      if (item >= 0) hidden.add(item)
    }
    for (const { item, at } of this.#columns.expiring) if (at <= now) hidden.add(item)
    return hidden.size === 0 ? undefined : hidden
  }
}

function heapBytes(columns: UnitIndexColumns): number {
  const { terms, termStarts, postings, postingStarts, lengths, stamps, gone, expiring } = columns
  const numbers = termStarts.byteLength + postings.byteLength + postingStarts.byteLength + lengths.byteLength
  const texts = (isAscii(terms) ? 1 : 2) * terms.length + stamps.length + gone.length
  return FIXED_BYTES + numbers + texts + 40 * expiring.length
}

function positionIn(stamps: string, stamp: Stamp): number {
  return search(stamps.length / STAMP_CHARS, stamp, (i) => stamps.slice(i * STAMP_CHARS, (i + 1) * STAMP_CHARS))
}

/** Index of a text among `count` rising ones, or -1. */
function search(count: number, wanted: string, at: (i: number) => string): number {
  let lo = 0
  let hi = count
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    if (at(mid) < wanted) lo = mid + 1
    else hi = mid
  }
  return lo < count && at(lo) === wanted ? lo : -1
}
