import { clip, oneLine } from './text-layout.ts'

/** Characters before the first match that say what it is about. */
const LEAD_CHARS = 20
const LEAST_TERM_CHARS = 2
/** Scripts with spaces between words: elsewhere, a word may begin anywhere. */
const SPACED = /^[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Greek}\p{N}]/u
const WORD_START = '(?<![\\p{L}\\p{N}])'

/** The part of a text, in one line of so many columns, where the first word of the query stands. */
export function excerpt(text: string, query: string, columns: number): string {
  const line = oneLine(text)
  const at = matcher(query)?.exec(line)?.index ?? 0
  if (at <= columns / 2) return clip(line, columns)
  // From the beginning of a word.
  const start = line.indexOf(' ', at - LEAD_CHARS) + 1
  return clip(`…${line.slice(start > at || start === 0 ? at : start)}`, columns)
}

/** Marks the words of a query in a text. What a search finds by other forms of a word stays unmarked. */
export function highlight(line: string, query: string, mark: (text: string) => string): string {
  const words = matcher(query)
  return words === undefined ? line : line.replaceAll(words, (word) => mark(word))
}

function matcher(query: string): RegExp | undefined {
  const words = [...new Set(query.match(/[\p{L}\p{N}\p{M}]+/gu))].filter((word) => word.length >= LEAST_TERM_CHARS)
  if (words.length === 0) return undefined
  // Longer ones first, so that one word in another does not hide it. Nothing in them has a meaning in an expression.
  const patterns = words
    .sort((a, b) => b.length - a.length)
    .map((word) => (SPACED.test(word) ? `${WORD_START}${word}` : word))
  return new RegExp(patterns.join('|'), 'giu')
}
