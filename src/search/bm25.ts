/** What a ranking knows of all that it ranks. */
export interface CorpusFigures {
  /** Items that can be found. */
  readonly items: number
  /** Their terms together. */
  readonly length: number
}

// How soon another occurrence stops to count, and how much long items are held back. Chat messages are short: below the
// 1.2 and 0.75 that are usual for documents; anything from 0.6 to 2 and from 0 to 0.75 is within a point of recall.
const K1 = 0.9
const B = 0.4

/** What a term weighs that `itemsWithTerm` of the items have. Always above zero. */
export function termWeight(corpus: CorpusFigures, itemsWithTerm: number): number {
  return Math.log(1 + (corpus.items - itemsWithTerm + 0.5) / (itemsWithTerm + 0.5))
}

/** What the occurrences of one term add to an item's score: Robertson and Zaragoza, "BM25 and Beyond" (2009). */
export function termScore(corpus: CorpusFigures, weight: number, count: number, length: number): number {
  const relativeLength = (length * corpus.items) / corpus.length
  return (weight * count * (K1 + 1)) / (count + K1 * (1 - B + B * relativeLength))
}
