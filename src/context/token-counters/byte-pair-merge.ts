import { MinHeap } from './min-heap.ts'
import { NO_RANK, type RankTable, rankOf } from './rank-table.ts'

// Rank and place in one number, so that the heap gives the lowest rank and, among equals, the leftmost pair.
const PLACES = 2 ** 31

/**
 * Byte pair encoding of one long piece, in steps. Merging is of the lowest rank first and the leftmost among equals, as
 * in every implementation; those that search all pairs for each merge take minutes where this takes n log n.
 */
export class BytePairMerge {
  /** Tokens so far; the answer once {@link step} has said true. */
  tokens: number
  readonly #table: RankTable
  readonly #bytes: string
  // A part is named by its first byte. next: where the following one starts; ranks: of the part merged with that one.
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #ranks: Int32Array
  readonly #heap: MinHeap
  #read = 0

  constructor(table: RankTable, bytes: string) {
    this.#table = table
    this.#bytes = bytes
    this.tokens = bytes.length
    this.#next = new Int32Array(bytes.length + 1)
    this.#previous = new Int32Array(bytes.length + 1)
    this.#ranks = new Int32Array(bytes.length + 1)
    // A pair for each byte, and for each merge one entry less and at most two more.
    this.#heap = new MinHeap(2 * bytes.length)
  }

  /** Does up to that many pieces of work, each of O(log n). True: finished. */
  step(units: number): boolean {
    for (let left = units; left > 0; left -= 1) {
      if (this.#read < this.#bytes.length) this.#readByte()
      else {
        const lowest = this.#heap.pop()
        if (lowest === undefined) return true
        const rank = Math.floor(lowest / PLACES)
        const place = lowest - rank * PLACES
        // Entries are not removed when a neighbour's merge changes the pair; they are known by their old rank.
        if (this.#ranks[place] === rank) this.#merge(place)
      }
    }
    return false
  }

  #readByte(): void {
    const place = this.#read
    this.#next[place] = place + 1
    this.#previous[place] = place - 1
    this.#read += 1
    // Last, as it looks at the next part's end.
    this.#next[place + 1] = Math.min(place + 2, this.#bytes.length)
    this.#rate(place)
  }

  #merge(place: number): void {
    const right = this.#next[place] as number
    const after = this.#next[right] as number
    this.#next[place] = after
    this.#previous[after] = place
    this.#ranks[right] = NO_RANK
    this.tokens -= 1
    this.#rate(place)
    if (place > 0) this.#rate(this.#previous[place] as number)
  }

  #rate(place: number): void {
    const right = this.#next[place] as number
    const rank =
      right < this.#bytes.length ? rankOf(this.#table, this.#bytes, place, this.#next[right] as number) : NO_RANK
    this.#ranks[place] = rank
    if (rank !== NO_RANK) this.#heap.push(rank * PLACES + place)
  }
}

/** Tokens of a short piece: for a few bytes, looking at all pairs for each merge is faster than a heap. */
export function countShortPiece(table: RankTable, bytes: string): number {
  const ends: number[] = []
  const ranks: number[] = []
  for (let at = 0; at < bytes.length; at += 1) {
    ends.push(at + 1)
    ranks.push(at + 1 < bytes.length ? rankOf(table, bytes, at, at + 2) : NO_RANK)
  }
  for (;;) {
    let lowest = -1
    for (let part = 0; part < ranks.length; part += 1) {
      const rank = ranks[part] as number
      if (rank !== NO_RANK && (lowest < 0 || rank < (ranks[lowest] as number))) lowest = part
    }
    if (lowest < 0) return ends.length
    ends.splice(lowest, 1)
    ranks.splice(lowest + 1, 1)
    rate(lowest)
    if (lowest > 0) rate(lowest - 1)
  }

  function rate(part: number): void {
    const end = ends[part + 1]
    ranks[part] = end === undefined ? NO_RANK : rankOf(table, bytes, part === 0 ? 0 : (ends[part - 1] as number), end)
  }
}
