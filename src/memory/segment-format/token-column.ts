import { ALPHABET_BITS, ALPHABETS, type Alphabet } from './alphabet.ts'
import { bitLength } from './bit-writer.ts'
import type { ColumnSink, ColumnSource } from './columns.ts'
import { corrupt } from './segment-error.ts'

/** Stands in a template where the texts differ. */
const HOLE = '\x02'
const MAX_TOKEN_CHARS = 64
/** With fewer holes than this there is little to gain; and each text that a hostile segment claims costs it 3 bytes. */
const MIN_HOLES = 8

/** Texts that look like random ids of one kind, such as `call_` with 24 letters and digits, or UUIDs. */
export interface TokenKind {
  /** One of the texts with {@link HOLE} where they differ. */
  readonly template: string
  /** Position in {@link ALPHABETS}. */
  readonly alphabet: number
}

/** Finds what the texts have in common, or undefined where they aren't random ids of one kind. */
export function findTokenKind(texts: readonly string[]): TokenKind | undefined {
  const [first] = texts
  if (first === undefined || first.length > MAX_TOKEN_CHARS) return undefined
  if (texts.some((text) => text.length !== first.length || text.includes(HOLE))) return undefined
  const template = texts.length === 1 ? templateOfOne(first) : templateOf(first, texts)
  const holes = holesOf(template)
  if (holes.length < MIN_HOLES) return undefined
  const used = new Set(texts.flatMap((text) => holes.map((at) => text[at] as string)))
  const alphabet = ALPHABETS.findIndex(({ characters }) => [...used].every((char) => characters.includes(char)))
  return alphabet === -1 ? undefined : { template, alphabet }
}

function templateOf(first: string, texts: readonly string[]): string {
  return Array.from({ length: first.length }, (_, at) =>
    texts.every((text) => text[at] === first[at]) ? first[at] : HOLE,
  ).join('')
}

/** One text has nothing to differ from: it counts as random after its last `_` if that is long, with digits in it. */
function templateOfOne(text: string): string {
  const from = text.lastIndexOf('_') + 1
  const tail = text.slice(from)
  const random = /^[0-9A-Za-z-]{16,}$/.test(tail) && /[0-9].*[0-9]/.test(tail)
  return random ? text.slice(0, from) + tail.replace(/[^-]/g, HOLE) : text
}

/** The template as a text, the alphabet, then the characters at the holes of all texts in a row, group by group. */
export function writeTokens(sink: ColumnSink, texts: readonly string[], kind: TokenKind): void {
  const { characters, group } = ALPHABETS[kind.alphabet] as Alphabet
  sink.texts.push(kind.template)
  sink.bits.write(kind.alphabet, ALPHABET_BITS)
  const holes = holesOf(kind.template)
  const digits = texts.flatMap((text) => holes.map((at) => characters.indexOf(text[at] as string)))
  for (let at = 0; at < digits.length; at += group) {
    const part = digits.slice(at, at + group)
    sink.bits.write(
      part.reduce((value, digit) => value * characters.length + digit, 0),
      groupBits(characters.length, part.length),
    )
  }
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readTokens(source: ColumnSource, count: number): string[] {
  const template = source.texts.next()
  const alphabet = ALPHABETS[source.bits.read(ALPHABET_BITS)]
  const holes = holesOf(template)
  if (alphabet === undefined || holes.length < MIN_HOLES || template.length > MAX_TOKEN_CHARS) {
    throw corrupt('ids are of no known kind')
  }
  const random = readDigits(source, alphabet, count * holes.length)
  const parts = template.split(HOLE)
  const texts: string[] = []
  for (let at = 0; at < random.length; at += holes.length) {
    let text = parts[0] as string
    for (let hole = 0; hole < holes.length; hole++) text += (random[at + hole] as string) + (parts[hole + 1] as string)
    texts.push(text)
  }
  return texts
}

function readDigits(source: ColumnSource, { characters, group }: Alphabet, count: number): string[] {
  const radix = characters.length
  const digits: string[] = []
  while (digits.length < count) {
    const size = Math.min(group, count - digits.length)
    let value = source.bits.read(groupBits(radix, size))
    if (value >= radix ** size) throw corrupt('a character is outside its alphabet')
    const start = digits.length
    for (let i = size - 1; i >= 0; i--) {
      digits[start + i] = characters[value % radix] as string
      value = Math.floor(value / radix)
    }
  }
  return digits
}

function groupBits(radix: number, size: number): number {
  return bitLength(radix ** size - 1)
}

function holesOf(template: string): number[] {
  // By UTF-16 units, as texts are indexed: spreading the template would go by code points.
  return Array.from({ length: template.length }, (_, at) => at).filter((at) => template[at] === HOLE)
}
