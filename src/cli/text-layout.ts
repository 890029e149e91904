import { stripVTControlCharacters } from 'node:util'

const segmenter = new Intl.Segmenter()
// What terminals draw two columns wide: East Asian scripts, full-width forms and emoji.
const WIDE = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303e\uff01-\uff60\p{Emoji_Presentation}]/u
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}]/u

/** Columns that a text takes in a terminal, colours not counted. */
export function displayWidth(text: string): number {
  let width = 0
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text))) width += widthOf(segment)
  return width
}

/** The text in one line, without what a terminal would take for commands. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\p{Cc}/gu, '')
    .trim()
}

/** The text in one line of at most so many columns, cut with an ellipsis. Takes no colours. */
export function clip(text: string, columns: number): string {
  // A character as people see it may be many units long, but a text of this length is cut in any case.
  const line = oneLine(text.slice(0, columns * 16))
  const isWhole = text.length <= columns * 16
  let kept = ''
  let width = 0
  for (const { segment } of segmenter.segment(line)) {
    width += widthOf(segment)
    if (width < columns) kept += segment
  }
  return isWhole && width <= columns ? line : `${kept.trimEnd()}…`
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)))
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - displayWidth(text))) + text
}

/** Lines in a box with round corners. */
export function box(lines: readonly string[], columns: number): string[] {
  const inner = columns - 4
  return [
    `╭${'─'.repeat(inner + 2)}╮`,
    ...lines.map((line) => `│ ${padEnd(line, inner)} │`),
    `╰${'─'.repeat(inner + 2)}╯`,
  ]
}

/** Shares `columns` out in proportion. Whatever is not zero gets at least one. */
export function shares(values: readonly number[], total: number, columns: number): number[] {
  const cells = values.map((value) => (value === 0 ? 0 : Math.max(1, Math.round((value / total) * columns))))
  const most = Math.round((values.reduce((sum, value) => sum + value, 0) / total) * columns)
  for (let over = cells.reduce((sum, cell) => sum + cell, 0) - Math.max(most, 1); over > 0; over--) {
    const largest = cells.indexOf(Math.max(...cells))
    if ((cells[largest] ?? 0) <= 1) break
    cells[largest] = (cells[largest] ?? 0) - 1
  }
  return cells
}

/** `12.3 kB`, by thousands. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(1)} kB`
  return bytes < 999_995_000 ? `${(bytes / 1e6).toFixed(2)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}

/** `1,234`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en')
}

/** `840 µs`, `1.23 ms`, `42 ms`, `1.9 s`. */
export function formatMs(ms: number): string {
  if (ms < 0.01) return `${(ms * 1000).toFixed(1)} µs`
  if (ms < 1) return `${(ms * 1000).toFixed(0)} µs`
  if (ms < 10) return `${ms.toFixed(2)} ms`
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** `1 item`, `2 items`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length === 0) return 0
  return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!
}

/** Columns of one character as people see them. */
function widthOf(segment: string): number {
  if (INVISIBLE.test(segment)) return 0
  return WIDE.test(segment) ? 2 : 1
}
