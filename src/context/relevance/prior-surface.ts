import { CASELESS, kindOf, LINE_END, LOWER, MARK, NUMBER, OTHER, UPPER } from '../token-counters/character-kinds.ts'

/** What a text looks like to somebody who doesn't know its language. */
export interface Surface {
  /** UTF-8 bytes: closer to tokens than characters are, since a character may be a word. */
  readonly bytes: number
  /** Share of the text that is questions, 0 to 1. */
  readonly asking: number
  /** Words with a capital inside a sentence, and words with a digit. */
  readonly names: number
}

// More than any message; a longer text looks in its middle as it does at its beginning.
const MAX_CHARS = 4096

const LETTER = UPPER | LOWER | CASELESS
const WORD = LETTER | NUMBER | MARK

const QUESTION_MARKS = codesOf('?？؟՞፧')
const STOPS = codesOf('.!…。！．।۔።')
// No space follows these.
const WIDE_STOPS = codesOf('？。！．')

/** In time linear to its length, up to some thousand characters. */
export function surfaceOf(text: string): Surface {
  const end = Math.min(text.length, MAX_CHARS)
  let asked = 0
  let names = 0
  let sentenceStart = 0
  let isFirstWord = true
  let isCounted = false
  let before = OTHER
  for (let at = 0; at < end; at += 1) {
    const code = text.charCodeAt(at)
    const kind = kindOf(code)
    if ((kind & WORD) !== 0) {
      const isWordStart = (before & WORD) === 0
      if (isWordStart) isCounted = false
      if (!isCounted && (kind === NUMBER || (isWordStart && !isFirstWord && isCapital(text, at, kind)))) {
        names += 1
        isCounted = true
      }
      isFirstWord = false
    } else if ((kind & (OTHER | LINE_END)) !== 0 && endsSentence(text, at, code, kind)) {
      if (QUESTION_MARKS.has(code)) asked += at + 1 - sentenceStart
      sentenceStart = at + 1
      isFirstWord = true
    }
    before = kind
  }
  return { bytes: Buffer.byteLength(text), asking: end === 0 ? 0 : asked / end, names }
}

/** Of a word of two letters at least, which leaves out the English `I`. */
function isCapital(text: string, at: number, kind: number): boolean {
  return kind === UPPER && at + 1 < text.length && (kindOf(text.charCodeAt(at + 1)) & LETTER) !== 0
}

function endsSentence(text: string, at: number, code: number, kind: number): boolean {
  if (kind === LINE_END) return true
  if (!QUESTION_MARKS.has(code) && !STOPS.has(code)) return false
  // Before a letter or a digit it is the point of a number, or part of an address.
  return WIDE_STOPS.has(code) || at + 1 === text.length || (kindOf(text.charCodeAt(at + 1)) & WORD) === 0
}

function codesOf(chars: string): ReadonlySet<number> {
  return new Set([...chars].map((char) => char.charCodeAt(0)))
}
