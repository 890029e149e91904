import type { OpenAIEncoding } from '../../clients/gpt-tokenizer.ts'
import { CASELESS, kindOf, LINE_END, LOWER, MARK, NUMBER, OTHER, runEnd, SPACE, UPPER } from './character-kinds.ts'

/**
 * Where the pre-token that starts at `start` ends. Byte pairs are merged within a pre-token only, so text can be counted
 * piece by piece. The rules are the patterns that OpenAI publishes in tiktoken (openai_public.py), as a scanner: it takes
 * time in proportion to the pre-token, where a pattern may try the same run over and over, or run out of stack.
 *
 * What lies at or after `limit` is taken for not there, but for the rest of a character or a contraction.
 */
export type PreTokenEnd = (text: string, start: number, limit: number) => number

const LETTER = UPPER | LOWER | CASELESS
const WORD_HEAD = UPPER | CASELESS | MARK
const WORD_TAIL = LOWER | CASELESS | MARK
const SYMBOL = OTHER | MARK
const WHITE = SPACE | LINE_END
const BLANK = 0x20
const SLASH = 0x2f
const APOSTROPHE = 0x27
// The pattern ignores case as Unicode does, for which U+017F is an s too.
const CONTRACTION = /(?:[sdmt\u017f]|ll|ve|re)/iy

export const PRE_TOKEN_ENDS: Readonly<Record<OpenAIEncoding, PreTokenEnd>> = Object.freeze({
  o200k_base: o200kEnd,
  cl100k_base: cl100kEnd,
})

function o200kEnd(text: string, start: number, limit: number): number {
  const code = text.codePointAt(start) as number
  const kind = kindOf(code)
  const next = start + width(code)
  const mayLead = (kind & (MARK | SPACE | OTHER)) !== 0
  const mayStart = (kind & (LETTER | MARK)) !== 0
  let end = -1
  if (mayLead) end = casedWordEnd(text, next, limit)
  if (end < 0 && mayStart) end = casedWordEnd(text, start, limit)
  if (end < 0 && mayLead) end = headEnd(text, next, limit)
  if (end < 0 && mayStart) end = headEnd(text, start, limit)
  if (end >= 0) return contractionEnd(text, end)
  if (kind === NUMBER) return numberEnd(text, start, limit)
  const symbols = symbolsEnd(text, start, code, limit)
  if (symbols >= 0) return lineEndsAndSlashesEnd(text, symbols, limit)
  return whiteEnd(text, start, limit)
}

function cl100kEnd(text: string, start: number, limit: number): number {
  const code = text.codePointAt(start) as number
  const kind = kindOf(code)
  const contraction = contractionEnd(text, start)
  if (contraction > start) return contraction
  if ((kind & LETTER) !== 0) return runEnd(text, start, LETTER, limit)
  if ((kind & (LINE_END | NUMBER)) === 0) {
    const next = start + width(code)
    const word = runEnd(text, next, LETTER, limit)
    if (word > next) return word
  }
  if (kind === NUMBER) return numberEnd(text, start, limit)
  const symbols = symbolsEnd(text, start, code, limit)
  if (symbols >= 0) return runEnd(text, symbols, LINE_END, limit)
  // Here alone the two differ on white space: at the end of the text it is one piece, line ends and all.
  const end = runEnd(text, start, WHITE, limit)
  return end === limit ? end : whiteEnd(text, start, limit)
}

/** `[head]*[tail]+`, or -1. What is both goes to the head first, and comes back one by one if the tail lacks any. */
function casedWordEnd(text: string, from: number, limit: number): number {
  let at = from
  let lastShared = -1
  while (at < limit) {
    const code = text.codePointAt(at) as number
    const kind = kindOf(code)
    if ((kind & WORD_HEAD) === 0) break
    at += width(code)
    if ((kind & WORD_TAIL) !== 0) lastShared = at
  }
  const end = runEnd(text, at, WORD_TAIL, limit)
  return end > at ? end : lastShared
}

/** `[head]+`, or -1: asked only where no tail follows. */
function headEnd(text: string, from: number, limit: number): number {
  const end = runEnd(text, from, WORD_HEAD, limit)
  return end > from ? end : -1
}

function contractionEnd(text: string, from: number): number {
  if (text.charCodeAt(from) !== APOSTROPHE) return from
  CONTRACTION.lastIndex = from + 1
  return CONTRACTION.test(text) ? CONTRACTION.lastIndex : from
}

function numberEnd(text: string, start: number, limit: number): number {
  let at = start
  for (let digits = 0; digits < 3 && at < limit; digits += 1) {
    const code = text.codePointAt(at) as number
    if (kindOf(code) !== NUMBER) break
    at += width(code)
  }
  return at
}

/** ` ?[symbols]+`, or -1. */
function symbolsEnd(text: string, start: number, code: number, limit: number): number {
  const from = code === BLANK ? start + 1 : start
  const end = runEnd(text, from, SYMBOL, limit)
  return end > from ? end : -1
}

function lineEndsAndSlashesEnd(text: string, from: number, limit: number): number {
  let at = from
  while (at < limit) {
    const code = text.charCodeAt(at)
    if (code !== SLASH && kindOf(code) !== LINE_END) break
    at += 1
  }
  return at
}

/** Up to the last line end of the run; without one, all but the last character, which belongs to what follows. */
function whiteEnd(text: string, start: number, limit: number): number {
  let at = start
  let lastLineEnd = -1
  while (at < limit) {
    const kind = kindOf(text.charCodeAt(at))
    if ((kind & WHITE) === 0) break
    at += 1
    if (kind === LINE_END) lastLineEnd = at
  }
  if (lastLineEnd >= 0) return lastLineEnd
  return at === limit || at - start === 1 ? at : at - 1
}

function width(code: number): number {
  return code > 0xffff ? 2 : 1
}
