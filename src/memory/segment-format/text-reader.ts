import { isUtf8 } from 'node:buffer'
import { corrupt } from './segment-error.ts'
import { swapSentenceCase } from './sentence-case.ts'
import { ESCAPE } from './text-writer.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape of the stored form
const ESCAPES = /\x01([0-9a-f]{4})?/g

/** Reads what a {@link TextWriter} wrote. */
export class TextReader {
  readonly #bytes: Buffer
  readonly #escaped: boolean
  #at = 0

  /**
   * Takes over `bytes`, and changes them.
   * @throws ThermoclineError `SEGMENT_CORRUPT` for what is not UTF-8
   */
  constructor(bytes: Uint8Array, escaped: boolean) {
    if (!isUtf8(bytes)) throw corrupt('texts are not UTF-8')
    swapSentenceCase(bytes)
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#escaped = escaped
  }

  /** @throws ThermoclineError `SEGMENT_CORRUPT` past the end */
  next(): string {
    const end = this.#bytes.indexOf(0, this.#at)
    if (end === -1) throw corrupt('texts are cut short')
    const text = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end + 1
    return this.#escaped && text.includes(ESCAPE) ? text.replace(ESCAPES, unescapeUnit) : text
  }

  /** Bytes not yet read: no more texts than that can follow. */
  get left(): number {
    return this.#bytes.length - this.#at
  }

  /** @throws ThermoclineError `SEGMENT_CORRUPT` unless all was read */
  end(): void {
    if (this.left !== 0) throw corrupt('texts are left over')
  }
}

function unescapeUnit(_match: string, digits: string | undefined): string {
  if (digits === undefined) throw corrupt('a text holds half an escape')
  return String.fromCharCode(Number.parseInt(digits, 16))
}
