import type { PriorInput } from '../../../src/context/relevance/prior.ts'
import { surfaceOf } from '../../../src/context/relevance/prior-surface.ts'
import type { ItemBody } from '../../../src/memory/memory-item.ts'
import { TermReader } from '../../../src/search/term-reader.ts'
import { packPosting } from '../../../src/search/unit-index.ts'
import { item } from '../items.ts'

/** A text, or an item with what an index would say of it. */
export type Line =
  | string
  | (Partial<ItemBody> & { readonly text: string; readonly session?: number; readonly time?: 1 })

/** As an index of these items would have it. */
export function priorInput(lines: readonly Line[]): PriorInput {
  const given = lines.map((line) => (typeof line === 'string' ? { text: line } : line))
  const items = given.map(({ text, session: _, time: __, ...body }) => item(text, body))
  const byTerm = new Map<string, number[]>()
  items.forEach(({ content }, place) => {
    const counts = new Map<string, number>()
    new TermReader((term) => counts.set(term, (counts.get(term) ?? 0) + 1)).read(content)
    for (const [term, count] of counts) {
      const postings = byTerm.get(term)
      if (postings === undefined) byTerm.set(term, [packPosting(place, count)])
      else postings.push(packPosting(place, count))
    }
  })
  return {
    items,
    byTerm,
    surfaces: items.map(({ content }) => surfaceOf(content)),
    sessions: given.map(({ session }) => session ?? 0),
    tellsTime: given.map(({ time }) => time ?? 0),
  }
}
