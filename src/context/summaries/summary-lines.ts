import { type ItemOrigin, isItemOrigin, isUntrustedOrigin, leastTrusted } from './item-origin.ts'
import { visibleLine } from './visible-text.ts'

/** One thing that a summary says, and who said it in the conversation. */
export interface SummaryLine {
  readonly origin: ItemOrigin
  /** One line, never empty. */
  readonly text: string
}

// More is no line of a summary, and what is done below would take long for it.
const MAX_LINE_CHARS = 2000
// All that a reader may take for the end of one.
const LINE_END = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/
const LINE = /^- ([a-z]+): (.+)$/
// Of a link, its host stays. What lies behind it is for whoever opens the item itself.
const IMAGE = /!\[([^\]]*)\]\([^)]*\)/g
const LINK = /\b[a-z][a-z0-9+.-]{1,15}:\/\/([^\s/?#<>"')\]]+)[^\s<>"')\]]*/gi
const OTHER_LINK = /\b(?:data|javascript|vbscript):[^\s<>"')\]]+/gi

/**
 * A line as it is kept, undefined where nothing is left of it. Invisible characters go. So do images, and what tools and
 * the web link to but for the host: a link that nobody chose can carry the conversation away when it is opened or shown.
 */
export function summaryLine(origin: ItemOrigin, text: string): SummaryLine | undefined {
  // A blank, or what stands around an image could make another one.
  const withoutImages = visibleLine(text.slice(0, MAX_LINE_CHARS)).replace(IMAGE, ' $1 ')
  const kept = isUntrustedOrigin(origin) ? withoutImages.replace(LINK, '$1').replace(OTHER_LINK, '') : withoutImages
  const line = visibleLine(kept)
  return line === '' ? undefined : { origin, text: line }
}

/** One line of a summary's text. The label stands where no content can stand: at the beginning of the line. */
export function formatLine({ origin, text }: SummaryLine): string {
  return `- ${origin}: ${text}`
}

/** The lines of a summary's text; what somebody else wrote without our labels counts as a note. */
export function parseLines(summary: string): SummaryLine[] {
  const lines: SummaryLine[] = []
  for (const raw of summary.split('\n')) {
    const [, label = '', text = ''] = LINE.exec(raw) ?? []
    const line = isItemOrigin(label) ? summaryLine(label, text) : summaryLine('note', raw)
    if (line !== undefined) lines.push(line)
  }
  return lines
}

/**
 * A summary that somebody else wrote, with no line that passes for one that we labelled as more trusted than `origin`. What
 * it repeats of the summary before stays as it is; without a label, a line counts as a note.
 */
export function withoutForgedLabels(summary: string, previous: string, origin: 'note' | 'untrusted'): string {
  const before = new Set(previous.split('\n'))
  const lines = summary.split(LINE_END).map((raw) => {
    if (before.has(raw)) return raw
    const [, label = '', text = ''] = LINE.exec(raw) ?? []
    if (isItemOrigin(label)) return formatLine({ origin: leastTrusted([origin, label]), text })
    return origin === 'note' || raw.trim() === '' ? raw : formatLine({ origin, text: raw })
  })
  return lines.join('\n')
}
