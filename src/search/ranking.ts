import type { SessionKey } from '../memory/session.ts'
import type { Stamp } from '../memory/stamp.ts'
import { type CorpusFigures, termScore, termWeight } from './bm25.ts'
import { isTurnSpent, nextTurn } from './turn-share.ts'
import { countOf, type HiddenItems, itemOf, type UnitIndex } from './unit-index.ts'

/** Where a found item lies. */
export interface RankedItem {
  readonly key: SessionKey
  readonly stamp: Stamp
  readonly score: number
}

/** A unit that has some of the terms, with their postings in the order of the terms. */
interface FoundUnit {
  readonly key: SessionKey
  readonly index: UnitIndex
  readonly postings: readonly Uint32Array[]
}

/**
 * Ranks the items of many small indexes as if they were one: what is asked for is gathered from each unit first, and
 * scored once it is known how common each term is in all of them.
 */
export class Ranking {
  readonly #terms: readonly string[]
  readonly #itemsWithTerm: number[]
  readonly #found: FoundUnit[] = []
  #items = 0
  #length = 0

  constructor(terms: readonly string[]) {
    this.#terms = terms
    this.#itemsWithTerm = terms.map(() => 0)
  }

  /** Items that could have been found. */
  get items(): number {
    return this.#items
  }

  add(key: SessionKey, index: UnitIndex, hidden: HiddenItems): void {
    this.#items += index.items
    this.#length += index.length
    for (const item of hidden ?? []) {
      this.#items -= 1
      this.#length -= index.lengthOf(item)
    }
    let found = 0
    const postings = this.#terms.map((term, i) => {
      const all = index.postingsOf(term)
      const visible = hidden === undefined ? all : all.filter((posting) => !hidden.has(itemOf(posting)))
      this.#itemsWithTerm[i]! += visible.length
      found += visible.length
      return visible
    })
    if (found > 0) this.#found.push({ key, index, postings })
  }

  /** The best items, at most `limit`: the highest score first, of equal ones the newest. */
  async best(limit: number): Promise<readonly RankedItem[]> {
    const corpus: CorpusFigures = { items: this.#items, length: this.#length }
    const weights = this.#itemsWithTerm.map((items) => termWeight(corpus, items))
    const best: RankedItem[] = []
    for (const { key, index, postings } of this.#found) {
      for (const [item, score] of scoresOf(corpus, weights, index, postings)) {
        if (best.length === limit && score < best.at(-1)!.score) continue
        insert(best, { key, stamp: index.stampOf(item), score }, limit)
      }
      if (isTurnSpent()) await nextTurn()
    }
    return best
  }
}

function scoresOf(
  corpus: CorpusFigures,
  weights: readonly number[],
  index: UnitIndex,
  postings: readonly Uint32Array[],
): ReadonlyMap<number, number> {
  const scores = new Map<number, number>()
  for (const [i, ofTerm] of postings.entries()) {
    for (const posting of ofTerm) {
      const item = itemOf(posting)
      const score = termScore(corpus, weights[i]!, countOf(posting), index.lengthOf(item))
      scores.set(item, (scores.get(item) ?? 0) + score)
    }
  }
  return scores
}

/** Keeps `best` sorted and no longer than `limit`, which is small enough for an array to be the fastest heap. */
function insert(best: RankedItem[], found: RankedItem, limit: number): void {
  let lo = 0
  let hi = best.length
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    if (isBetter(best[mid]!, found)) lo = mid + 1
    else hi = mid
  }
  if (lo === limit) return
  best.splice(lo, 0, found)
  if (best.length > limit) best.pop()
}

function isBetter(a: RankedItem, b: RankedItem): boolean {
  if (a.score !== b.score) return a.score > b.score
  return a.stamp === b.stamp ? a.key < b.key : a.stamp > b.stamp
}
