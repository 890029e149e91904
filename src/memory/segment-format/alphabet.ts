const DIGITS = '0123456789'
const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = LOWER.toUpperCase()

/** Characters that random ids are made of, and how many of them are packed together into how many bits. */
export interface Alphabet {
  readonly characters: string
  /** As many as fit well: 62^4 is just below 2^24. */
  readonly group: number
}

/** By their number in the stored form, smallest first: the first that fits is the tightest. */
export const ALPHABETS: readonly Alphabet[] = Object.freeze([
  { characters: DIGITS, group: 3 },
  { characters: `${DIGITS}abcdef`, group: 1 },
  { characters: `${DIGITS}ABCDEF`, group: 1 },
  { characters: `${DIGITS}${LOWER}`, group: 5 },
  { characters: `${DIGITS}${UPPER}`, group: 5 },
  { characters: `${DIGITS}${UPPER}${LOWER}`, group: 4 },
  { characters: `${DIGITS}${UPPER}${LOWER}-_`, group: 1 },
])
export const ALPHABET_BITS = 3
