import { isUtf8 } from 'node:buffer'
import type { JsonObject, JsonValue } from '../../index.ts'
import { JsonDocument } from './json-document.ts'
import { isObject } from './json-fields.ts'
import { type JsonPiece, MAX_PIECE_BYTES, splitLines } from './json-lines.ts'
import { Refusal } from './refusal.ts'

/** A value of a file: a line, an element of its list, or all of it. */
export interface SourceValue {
  /** What was refused, where it could not be read. */
  readonly value: JsonValue | Refusal
  /** For messages: `line 12`. Empty where the value is all there is. */
  readonly where: string
  /** From 1. */
  readonly number: number
  /**
   * - `only`: the document as a whole
   * - `element`: one of the document's list
   * - `line`: one of a file of lines
   */
  readonly place: 'only' | 'element' | 'line'
  /** What stands around the list, as far as it was read when the list began. */
  readonly around?: JsonObject
}

export interface ReadValuesOptions {
  /** Names that lead to the list of a document. */
  readonly isList: (path: readonly string[]) => boolean
  /** Names around the list whose meaning would come too late after it. */
  readonly isNeeded: (name: string) => boolean
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff')
const NEWLINE = 0x0a

/**
 * The values of JSON lines or of one JSON document. A document that is a list, or that is large and has one, is read
 * element by element.
 */
export async function* readValues(
  chunks: AsyncIterable<Buffer>,
  options: ReadValuesOptions,
): AsyncGenerator<SourceValue> {
  const rest = chunks[Symbol.asyncIterator]()
  try {
    const { head, framing } = await look(rest)
    const all = joined(head, rest)
    if (framing === 'lines') yield* readLines(all)
    else if (framing === 'document') yield* readDocument(all, options)
    else yield only(parse(head))
  } finally {
    await rest.return?.()
  }
}

async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<SourceValue> {
  for await (const piece of splitLines(chunks)) {
    const { bytes, line } = piece
    if (bytes !== undefined && !bytes.some(isInk)) continue
    yield { value: parsePiece(piece), where: `line ${line}`, number: line, place: 'line' }
  }
}

async function* readDocument(chunks: AsyncIterable<Buffer>, options: ReadValuesOptions): AsyncGenerator<SourceValue> {
  const document = new JsonDocument(options.isList)
  let around: JsonObject | undefined
  try {
    for await (const chunk of chunks) {
      for (const piece of document.push(chunk)) {
        around ??= parseAround(document)
        const number = piece.element!
        const where = `element ${number} (line ${piece.line})`
        yield { value: parsePiece(piece), where, number, place: 'element', around }
      }
      if (document.isTooLong) throw tooLong()
    }
    document.end()
    const late = Object.keys(parseAround(document)).find(
      (name) => options.isNeeded(name) && !Object.hasOwn(around ?? {}, name),
    )
    if (late !== undefined) throw new Refusal(`${late}: expected it before the list, as the file is large`)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    yield { value: error, where: `line ${document.line}`, number: 0, place: 'only' }
  }
}

/** For a document that is a list there is nothing around it. */
function parseAround(document: JsonDocument): JsonObject {
  const bytes = document.around()
  if (bytes === undefined) throw tooLong()
  const value = parse(bytes)
  if (value instanceof Refusal) throw value
  return isObject(value) ? value : {}
}

function parsePiece({ bytes }: JsonPiece): JsonValue | Refusal {
  return bytes === undefined ? tooLong() : parse(bytes)
}

function parse(bytes: Buffer): JsonValue | Refusal {
  // Decoding would replace what is wrong without a word.
  if (!isUtf8(bytes)) return new Refusal('it is not UTF-8')
  try {
    return JSON.parse(bytes.toString()) as JsonValue
  } catch (error) {
    return new Refusal(`it is not JSON: ${(error as Error).message}`)
  }
}

function only(value: JsonValue | Refusal): SourceValue {
  return { value, where: '', number: 1, place: 'only' }
}

function tooLong(): Refusal {
  return new Refusal(`it is too long: expected at most ${MAX_PIECE_BYTES / 1024 / 1024} MiB`)
}

interface Look {
  /** All that was read, without a byte order mark. */
  readonly head: Buffer
  /** `whole` where `head` is all there is, and no list. */
  readonly framing: 'lines' | 'document' | 'whole'
}

/**
 * Lines where the first one is JSON by itself and more follows; otherwise a document, which may have newlines anywhere.
 * Looks no further than a line may be long.
 */
async function look(rest: AsyncIterator<Buffer>): Promise<Look> {
  const head = new Lookahead(rest)
  await head.find(isInk, 0)
  const mark = head.bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0
  const start = await head.find(isInk, mark)
  const first = start === -1 ? '' : String.fromCharCode(head.bytes[start]!)
  const answer = (framing: Look['framing']): Look => ({ head: head.bytes.subarray(mark), framing })
  // A line that is no list or object is refused as a line.
  if (first !== '{' && first !== '[') return answer('lines')
  const end = await head.find((byte) => byte === NEWLINE, start)
  const isFollowed = end !== -1 && (await head.find(isInk, end)) !== -1
  if (isFollowed && !(parse(head.bytes.subarray(start, end)) instanceof Refusal)) return answer('lines')
  if (first === '[') return answer('document')
  while (await head.read());
  return answer(head.hasEnded ? 'whole' : 'document')
}

/** The beginning of what comes in chunks. */
class Lookahead {
  readonly #rest: AsyncIterator<Buffer>
  #parts: Buffer[] = []
  #length = 0
  hasEnded = false

  constructor(rest: AsyncIterator<Buffer>) {
    this.#rest = rest
  }

  get bytes(): Buffer {
    if (this.#parts.length !== 1) this.#parts = [Buffer.concat(this.#parts)]
    return this.#parts[0]!
  }

  /** One chunk more, or none where all was read or enough. */
  async read(): Promise<Buffer | undefined> {
    if (this.hasEnded || this.#length > MAX_PIECE_BYTES) return undefined
    const next = await this.#rest.next()
    if (next.done) {
      this.hasEnded = true
      return undefined
    }
    this.#parts.push(next.value)
    this.#length += next.value.length
    return next.value
  }

  /** Where the first such byte is from there on, reading on if need be; -1 where there is none. */
  async find(isWanted: (byte: number) => boolean, from: number): Promise<number> {
    const at = this.bytes.subarray(from).findIndex(isWanted)
    if (at !== -1) return from + at
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) {
      const found = chunk.findIndex(isWanted)
      if (found !== -1) return this.#length - chunk.length + found
    }
    return -1
  }
}

function isInk(byte: number): boolean {
  return byte !== 0x20 && (byte < 0x09 || byte > 0x0d)
}

async function* joined(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}
