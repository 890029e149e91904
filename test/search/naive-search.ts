import { TermReader } from '../../src/search/term-reader.ts'

export interface ScannedItem {
  readonly id: string
  readonly content: string
}

/** BM25 by its formula: every item is read for every question. Gives ids, the best first. */
export function naiveSearch(items: readonly ScannedItem[], query: string): readonly { id: string; score: number }[] {
  const read = items.map(({ id, content }) => ({ id, terms: termsOf(content) }))
  const averageLength = read.reduce((sum, { terms }) => sum + terms.length, 0) / read.length
  const scored = read.map(({ id, terms }) => {
    let score = 0
    for (const term of new Set(termsOf(query))) {
      const containing = read.filter((other) => other.terms.includes(term)).length
      const count = terms.filter((other) => other === term).length
      const rarity = Math.log(1 + (read.length - containing + 0.5) / (containing + 0.5))
      score += (rarity * count * 1.9) / (count + 0.9 * (0.6 + (0.4 * terms.length) / averageLength))
    }
    return { id, score }
  })
  return scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score)
}

function termsOf(text: string): string[] {
  const terms: string[] = []
  new TermReader((term) => terms.push(term)).read(text)
  return terms
}
