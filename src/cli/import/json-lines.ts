/** A line or an element may have so many bytes: it is held, decoded and parsed as a whole. */
export const MAX_PIECE_BYTES: number = 16 * 1024 * 1024

const NEWLINE = 0x0a

/** A piece of a file that is JSON by itself. */
export interface JsonPiece {
  /** Undefined where there are more than {@link MAX_PIECE_BYTES}. */
  readonly bytes: Buffer | undefined
  /** The line on which it begins, from 1. */
  readonly line: number
  /** For the elements of an array: which one, from 1. */
  readonly element?: number
}

/** Gathers the bytes of one piece, which may come in several chunks. */
export class PieceBytes {
  readonly #parts: Buffer[] = []
  #bytes = 0

  add(part: Buffer): void {
    this.#bytes += part.length
    // Of a piece that is too long, only that is told.
    if (this.#bytes > MAX_PIECE_BYTES) this.#parts.length = 0
    else if (part.length > 0) this.#parts.push(part)
  }

  get isTooLong(): boolean {
    return this.#bytes > MAX_PIECE_BYTES
  }

  /** What was gathered so far, to go on with. */
  peek(): Buffer {
    return this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
  }

  take(): Buffer | undefined {
    const bytes = this.isTooLong ? undefined : this.peek()
    this.#parts.length = 0
    this.#bytes = 0
    return bytes
  }
}

/** Cuts bytes into lines. UTF-8 has no byte of a newline within any other character. */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<JsonPiece> {
  const begun = new PieceBytes()
  let line = 1
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      begun.add(chunk.subarray(start, end))
      yield { bytes: begun.take(), line }
      start = end + 1
      line += 1
    }
    begun.add(chunk.subarray(start))
  }
  yield { bytes: begun.take(), line }
}
