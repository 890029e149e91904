import { eachAsciiToken } from './ascii-tokens.ts'
import { englishStem } from './english-stem.ts'
import { foldText, isAscii } from './fold-text.ts'
import { lightStem } from './light-stem.ts'
import { STOP_WORDS } from './stop-words.ts'
import { TokenTable } from './token-table.ts'

/** Longer ones are cut: nobody searches for the end of a blob. */
export const MAX_TERM_CHARS = 64
// Longer tokens are not met again: blobs, and sentences of scripts without spaces.
const MAX_REMEMBERED_CHARS = 32

// A word may hold apostrophes, and a number separators. Flags and pictures are terms of their own.
const TOKEN =
  /[\p{L}\p{N}\p{M}]+(?:(?:'|(?<=\p{Nd})[.,](?=\p{Nd}))[\p{L}\p{N}\p{M}]+)*|\p{RI}{2}|\p{Extended_Pictographic}/gu

// Scripts that put no spaces between words; Hangul does, but joins particles to its words.
const UNSPACED = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u
const SCRIPT_RUN =
  /(?<cjk>[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]+)|(?<hangul>\p{sc=Hang}+)|(?<joined>[\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]+)|(?<word>[^\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]+)/gu
const HAN = /\p{sc=Han}/u
const HEBREW_PREFIXED = /^[ובהכלמש]\p{sc=Hebrew}{3,}$/u
// What a noun of one syllable is followed by.
const KOREAN_PARTICLES: ReadonlySet<string> = new Set('은는이가을를에의도로와과만')

// `fooBar`, `HTMLParser`.
const CASE_CHANGE = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u
const HAS_CASE_CHANGE = /\p{Ll}\p{Lu}|\p{Lu}\p{Lu}\p{Ll}/u
const ENGLISH_CLITICS: ReadonlySet<string> = new Set(['s', 't', 'd', 'm', 'll', 're', 've'])
const LATIN = /[a-z]/

/**
 * Breaks texts into the terms that they are found by, items and questions alike. Remembers the terms of tokens it has
 * met, so that whoever reads many texts of one language should read them with one reader, and drop it afterwards.
 */
export class TermReader<Term = string> {
  readonly #knownAscii = new TokenTable<readonly Term[]>()
  readonly #known = new Map<string, readonly Term[]>()
  readonly #termOf: (term: string) => Term
  readonly #emit: (term: Term) => void
  /** Terms of the token that is being read. */
  #terms: string[] = []

  /**
   * @param emit Gets each term as often as it occurs
   * @param termOf What stands for a term from then on; asked for once for each token that has it. Without, the text itself
   */
  constructor(emit: (term: Term) => void, termOf: (term: string) => Term = (term) => term as Term) {
    this.#termOf = termOf
    this.#emit = emit
  }

  read(text: string): void {
    const folded = foldText(text)
    if (isAscii(folded)) {
      eachAsciiToken(folded, (start, end, hash) => {
        const terms =
          this.#knownAscii.find(folded, start, end, hash) ?? this.#asciiTerms(folded.slice(start, end), hash)
        for (let i = 0; i < terms.length; i++) this.#emit(terms[i]!)
      })
      return
    }
    for (const token of folded.match(TOKEN) ?? []) {
      for (const term of this.#known.get(token) ?? this.#unicodeTerms(token)) this.#emit(term)
    }
  }

  #asciiTerms(token: string, hash: number): readonly Term[] {
    this.#terms = []
    this.#readToken(token)
    const terms = this.#terms.map(this.#termOf)
    if (token.length <= MAX_REMEMBERED_CHARS) this.#knownAscii.set(token, hash, terms)
    return terms
  }

  #unicodeTerms(token: string): readonly Term[] {
    this.#terms = []
    if (UNSPACED.test(token)) this.#readRuns(token)
    else this.#readToken(token)
    const terms = this.#terms.map(this.#termOf)
    if (token.length <= MAX_REMEMBERED_CHARS) this.#known.set(token, terms)
    return terms
  }

  #readRuns(token: string): void {
    for (const { groups = {} } of token.matchAll(SCRIPT_RUN)) {
      if (groups.cjk !== undefined) this.#readCjk(groups.cjk)
      else if (groups.hangul !== undefined) this.#readHangul(groups.hangul)
      else if (groups.joined !== undefined) this.#readJoined(groups.joined)
      else if (groups.word !== undefined) this.#readToken(groups.word)
    }
  }

  /** Pairs of neighbours, and single ideographs, each of which may be a word. */
  #readCjk(run: string): void {
    const chars = [...run]
    for (let i = 0; i < chars.length; i++) {
      const char = chars[i]!
      if (HAN.test(char) || chars.length === 1) this.#terms.push(char)
      if (i > 0) this.#terms.push(chars[i - 1]! + char)
    }
  }

  /** The word, its pairs, and where it has two syllables perhaps the noun before its particle. */
  #readHangul(word: string): void {
    if (word.length <= 2) {
      this.#terms.push(word)
      if (KOREAN_PARTICLES.has(word[1] ?? '')) this.#terms.push(word[0]!)
      return
    }
    this.#terms.push(cut(word))
    for (let i = 1; i < word.length; i++) this.#terms.push(word.slice(i - 1, i + 1))
  }

  #readJoined(run: string): void {
    for (const { segment, isWordLike } of dictionaryWords(run)) if (isWordLike) this.#terms.push(cut(segment))
  }

  #readToken(token: string): void {
    const word = token.toLowerCase()
    if (word.includes("'")) this.#readContracted(word)
    else if (/[.,]/.test(word)) this.#readNumber(word)
    else this.#readWord(word)
    if (word === token || token.length > MAX_TERM_CHARS || !HAS_CASE_CHANGE.test(token)) return
    for (const part of token.split(CASE_CHANGE)) if (part.length > 1) this.#readWord(part.toLowerCase())
  }

  /** `caroline's`, `don't`, `l'ecole`, `o'brien`. Elsewhere an apostrophe is a letter, and left out. */
  #readContracted(word: string): void {
    const parts = LATIN.test(word) ? word.split("'") : [word.replaceAll("'", '')]
    if (ENGLISH_CLITICS.has(parts.at(-1)!)) parts.pop()
    for (const [i, part] of parts.entries()) if (part.length > 2 || i + 1 === parts.length) this.#readWord(part)
  }

  /** `1,250.50` as one term, and by its parts, for dates and versions. */
  #readNumber(word: string): void {
    this.#readWord(word.replaceAll(/[.,]/g, ''))
    for (const part of word.split(/[.,]/)) this.#readWord(part)
  }

  #readWord(word: string): void {
    const stem = stemOf(word)
    if (stem === '') return
    this.#terms.push(stem)
    // The article and the short prepositions are written as one with their word, and not every such letter is one.
    if (HEBREW_PREFIXED.test(stem)) this.#terms.push(stem.slice(1))
  }
}

/** The terms of a question, each once, in their order. */
export function queryTerms(text: string): readonly string[] {
  const terms = new Set<string>()
  new TermReader((term) => terms.add(term)).read(text)
  return [...terms]
}

/** Empty for a word that is not searched. */
function stemOf(word: string): string {
  if (STOP_WORDS.has(word)) return ''
  const short = cut(word)
  return /^[a-z]+$/.test(short) ? englishStem(short) : /^[a-z0-9]/.test(short) ? short : lightStem(short)
}

function cut(word: string): string {
  return word.length <= MAX_TERM_CHARS ? word : word.slice(0, MAX_TERM_CHARS)
}

let segmenter: Intl.Segmenter | undefined

/** Made when first needed: its dictionaries take 20 ms to load. The words it knows depend on the script alone. */
function dictionaryWords(run: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('th', { granularity: 'word' })
  return segmenter.segment(run)
}
