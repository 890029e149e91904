/** What the encodings' splitting patterns tell apart, as bits. Each code point has exactly one. */
export const UPPER = 1 // \p{Lu} \p{Lt}
export const LOWER = 2 // \p{Ll}
export const CASELESS = 4 // \p{Lm} \p{Lo}
export const MARK = 8 // \p{M}
export const NUMBER = 16 // \p{N}
export const SPACE = 32 // white space but line ends
export const LINE_END = 64 // \r \n
export const OTHER = 128 // the rest, lone surrogates too

const TESTS: readonly (readonly [RegExp, number])[] = [
  [/[\p{Lu}\p{Lt}]/u, UPPER],
  [/\p{Ll}/u, LOWER],
  [/[\p{Lm}\p{Lo}]/u, CASELESS],
  [/\p{M}/u, MARK],
  [/\p{N}/u, NUMBER],
  [/[\r\n]/u, LINE_END],
  // As Rust's \s, which tiktoken uses: unlike JavaScript's it has U+0085 and lacks the byte order mark.
  [/\p{White_Space}/u, SPACE],
]

// Filled as code points turn up: asking the patterns for all of them would take 100 ms.
const known = new Uint8Array(0x110000)

export function kindOf(codePoint: number): number {
  return known[codePoint] || classify(codePoint)
}

/** End of the run of such characters that starts at `from`, at most at `limit`; `from` where there is none. */
export function runEnd(text: string, from: number, kinds: number, limit: number): number {
  let at = from
  while (at < limit) {
    const code = text.codePointAt(at) as number
    if ((kindOf(code) & kinds) === 0) break
    at += code > 0xffff ? 2 : 1
  }
  return at
}

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint)
  const kind = TESTS.find(([pattern]) => pattern.test(character))?.[1] ?? OTHER
  known[codePoint] = kind
  return kind
}
