/**
 * Most of a text that is searched, in UTF-16 units: more than any message, and what is left out of a long tool result is
 * its middle.
 */
export const MAX_TEXT_CHARS = 65_536
const HEAD_CHARS = 49_152

// Putting marks in their canonical order takes time with the square of their number; no language stacks more than a few.
const STACKED_MARKS = /(\p{M}{8})\p{M}+/gu
// Accents of Latin, Greek and Cyrillic, the points of Hebrew, the harakat of Arabic, which writers leave out as they like,
// and variation selectors. Not the two that voice a kana. In the scripts of India and South-East Asia marks are vowels,
// and of scripts of their own, so they stay.
const ACCENTS = /(?![\u3099\u309a])(?=[\p{sc=Zinh}\p{sc=Cyrl}\p{sc=Hebr}\p{sc=Arab}])[\p{Mn}\p{Me}]/gu
// Soft hyphen, joiners, byte order mark, the stretching line of Arabic; tones of skin.
const FILLERS = /[\u00ad\u0640\u200c\u2060\ufeff]|\u200d|[\u{1f3fb}-\u{1f3ff}]/gu

// What Unicode does not decompose, though writers use the one for the other, with what it is read as.
const ALIKE: ReadonlyMap<string, string> = new Map(
  [
    'ßss ẞSS æae ÆAE œoe ŒOE øo ØO đd ĐD ðd ÐD łl ŁL þth ÞTH ıi',
    "\u2019' \u2018' \u02bc' \u05f3'",
    // A sigma at the end of a word, which lower-casing would make anew.
    'ςσ Σσ',
    // Arabic: alef maksura and the Persian yeh, the Persian kaf, teh marbuta.
    '\u0649\u064a \u06cc\u064a \u06a9\u0643 \u0629\u0647',
  ].flatMap((line) => line.split(' ').map((pair) => [pair[0]!, pair.slice(1)] as const)),
)
const ALIKE_CHARS = new RegExp(`[${[...ALIKE.keys()].join('')}]`, 'gu')

/** A text as it is searched: of bounded length, compatibility forms and accents folded, but for its case. */
export function foldText(text: string): string {
  const bounded =
    text.length <= MAX_TEXT_CHARS ? text : `${text.slice(0, HEAD_CHARS)} ${text.slice(HEAD_CHARS + 1 - MAX_TEXT_CHARS)}`
  if (isAscii(bounded)) return bounded
  return (
    bounded
      .replace(STACKED_MARKS, '$1')
      .normalize('NFKD')
      // One character can become eighteen.
      .slice(0, MAX_TEXT_CHARS)
      .replace(ACCENTS, '')
      .replace(FILLERS, '')
      .normalize('NFC')
      .replace(ALIKE_CHARS, (char) => ALIKE.get(char) ?? char)
  )
}

export function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  return /^[\u0000-\u007f]*$/.test(text)
}
