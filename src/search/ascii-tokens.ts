const LETTER = 1
const DIGIT = 2
const WORD = LETTER | DIGIT
const APOSTROPHE = 4
const SEPARATOR = 8

const KINDS: Uint8Array = new Uint8Array(128)
KINDS.fill(DIGIT, 0x30, 0x3a)
KINDS.fill(LETTER, 0x41, 0x5b)
KINDS.fill(LETTER, 0x61, 0x7b)
KINDS[0x27] = APOSTROPHE
KINDS[0x2c] = KINDS[0x2e] = SEPARATOR

/**
 * Visits the words of a text of ASCII alone: letters and digits, with apostrophes inside, and separators between digits.
 * By hand, as cutting a text up by a pattern takes longer than all else that is done with its words. The hash is
 * FNV-1a of the characters.
 */
export function eachAsciiToken(text: string, visit: (start: number, end: number, hash: number) => void): void {
  const { length } = text
  for (let at = 0; at < length; at++) {
    let code = text.charCodeAt(at)
    if ((KINDS[code]! & WORD) === 0) continue
    const start = at
    let hash = 0x811c9dc5
    do {
      hash = Math.imul(hash ^ code, 0x01000193)
      at += 1
      if (at === length) break
      code = text.charCodeAt(at)
    } while ((KINDS[code]! & WORD) !== 0 || joins(text, at, KINDS[code]!))
    visit(start, at, hash)
  }
}

/** Whether what stands there, not at the beginning of a word, belongs to it. */
function joins(text: string, at: number, kind: number): boolean {
  if (kind === 0 || at + 1 === text.length) return false
  const next = KINDS[text.charCodeAt(at + 1)]!
  if (kind === APOSTROPHE) return (next & WORD) !== 0
  return next === DIGIT && KINDS[text.charCodeAt(at - 1)] === DIGIT
}
