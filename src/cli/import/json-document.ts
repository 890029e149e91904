import { type JsonPiece, PieceBytes } from './json-lines.ts'
import { Refusal } from './refusal.ts'

const [QUOTE, BACKSLASH, COMMA, COLON, NEWLINE] = [0x22, 0x5c, 0x2c, 0x3a, 0x0a]
/** No name that is looked for is as long. */
const MAX_NAME_BYTES = 1024
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/** A list or object that lies around what is being read. */
interface Container {
  readonly isList: boolean
  /** In an object: the name whose value comes next. */
  name: string
  expectsName: boolean
}

/**
 * - `outside`: before and after the list whose elements are wanted
 * - `before-first`, `before-next`: in it, where an element may begin, or has to
 * - `element`: within an element
 * - `after-element`: a comma or the end of the list must follow
 */
type State = 'outside' | 'before-first' | 'before-next' | 'element' | 'after-element'

/**
 * Cuts one list out of a JSON document that arrives in chunks, element by element. What lies around the list is kept, as
 * a document in which the list is empty. All that has a meaning in JSON is ASCII, and no byte of another character is.
 */
export class JsonDocument {
  readonly #isWanted: (path: readonly string[]) => boolean
  readonly #around = new PieceBytes()
  readonly #element = new PieceBytes()
  readonly #containers: Container[] = []
  #state: State = 'outside'
  #isFound = false
  #line = 1
  #elementLine = 1
  #elements = 0
  /** How deep within an element. */
  #depth = 0
  #inText = false
  #isEscaped = false
  /** Of a text outside of the list that is a name. */
  #text: number[] = []

  /** `isWanted` says which list, by the names that lead to it: none for a list that is all of the document. */
  constructor(isWanted: (path: readonly string[]) => boolean) {
    this.#isWanted = isWanted
  }

  /** Whether the list has begun. */
  get isFound(): boolean {
    return this.#isFound
  }

  get line(): number {
    return this.#line
  }

  /** Whether there is too much around the list. */
  get isTooLong(): boolean {
    return this.#around.isTooLong
  }

  /** What was read so far of the document around the list, with everything closed that is open. */
  around(): Buffer | undefined {
    if (this.#around.isTooLong) return undefined
    const closing = this.#containers.map(({ isList }) => (isList ? ']' : '}')).reverse()
    return Buffer.concat([this.#around.peek(), Buffer.from(closing.join(''))])
  }

  /** The elements that are whole by now. @throws Refusal for what is not JSON */
  *push(chunk: Buffer): Generator<JsonPiece> {
    // Where what is not yet kept begins.
    let from = 0
    const keep = (bytes: PieceBytes, to: number): void => {
      bytes.add(chunk.subarray(from, to))
      from = to
    }
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (byte === NEWLINE) this.#line += 1
      if (this.#state === 'outside') {
        if (this.#readAround(byte)) keep(this.#around, at + 1)
        continue
      }
      if (this.#state === 'element') {
        if (!this.#endsElement(byte)) continue
        keep(this.#element, at)
        yield { bytes: this.#element.take(), line: this.#elementLine, element: this.#elements }
        this.#state = 'after-element'
      }
      if (isSpace(byte)) {
        from = at + 1
      } else if (byte === CLOSE_LIST && this.#state !== 'before-next') {
        from = at
        this.#containers.pop()
        this.#state = 'outside'
      } else if (byte === COMMA && this.#state === 'after-element') {
        from = at + 1
        this.#state = 'before-next'
      } else if (this.#state === 'after-element' || byte === COMMA || byte === CLOSE_LIST) {
        throw new Refusal(`it is not JSON: a list goes on with ${JSON.stringify(String.fromCharCode(byte))}`)
      } else {
        from = at
        this.#begin(byte)
      }
    }
    if (this.#state === 'outside') keep(this.#around, chunk.length)
    if (this.#state === 'element') keep(this.#element, chunk.length)
  }

  /** @throws Refusal where the document is not whole */
  end(): void {
    if (this.#state !== 'outside' || this.#containers.length > 0 || this.#inText)
      throw new Refusal('it is not JSON: it ends in the middle')
  }

  #begin(byte: number): void {
    this.#state = 'element'
    this.#elements += 1
    this.#elementLine = this.#line
    this.#depth = 0
    this.#endsElement(byte)
  }

  /** Whether the element has ended before this byte. */
  #endsElement(byte: number): boolean {
    if (this.#inText) {
      this.#readText(byte)
    } else if (byte === QUOTE) {
      this.#inText = true
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      this.#depth += 1
    } else if (this.#depth > 0) {
      if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) this.#depth -= 1
    } else {
      return byte === COMMA || byte === CLOSE_LIST || isSpace(byte)
    }
    return false
  }

  /** Follows names and brackets down to the list. True where it begins. */
  #readAround(byte: number): boolean {
    const top = this.#containers.at(-1)
    if (this.#inText) {
      if (top?.expectsName && this.#text.length < MAX_NAME_BYTES) this.#text.push(byte)
      this.#readText(byte)
      if (!this.#inText && top?.expectsName) top.name = nameOf(this.#text)
    } else if (byte === QUOTE) {
      this.#inText = true
      this.#text = [byte]
    } else if (byte === COLON && top !== undefined) {
      top.expectsName = false
    } else if (byte === COMMA && top !== undefined) {
      top.expectsName = !top.isList
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      const isList = byte === OPEN_LIST
      const path = this.#containers.map(({ name }) => name)
      this.#containers.push({ isList, name: '', expectsName: !isList })
      if (!isList || this.#isFound || !this.#isWanted(path)) return false
      this.#isFound = true
      this.#state = 'before-first'
      return true
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      this.#containers.pop()
    }
    return false
  }

  #readText(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === BACKSLASH) this.#isEscaped = true
    else if (byte === QUOTE) this.#inText = false
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09
}

function nameOf(text: readonly number[]): string {
  try {
    return String(JSON.parse(Buffer.from(text).toString()))
  } catch {
    // Told when what lies around the list is parsed.
    return ''
  }
}
