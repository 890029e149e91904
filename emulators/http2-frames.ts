/** What one piece of bytes holds of a frame: https://www.rfc-editor.org/rfc/rfc9113#section-4.1 */
export interface FramePart {
  readonly type: number
  readonly streamId: number
  /** Where in the piece the frame begins; 0 also if it began before. */
  readonly from: number
  readonly payload: Buffer
}

export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3

/** What a client sends before its first frame. */
export const PREFACE_BYTES = 24

const HEAD_BYTES = 9

/** Tells the frames of one direction of a connection apart, in whatever pieces they come. */
export class FrameReader {
  #head = Buffer.alloc(0)
  /** Bytes that belong to no frame, or to the one that has begun. */
  #skip: number
  #left = 0
  #type = 0
  #streamId = 0

  constructor(skip = 0) {
    this.#skip = skip
  }

  read(piece: Buffer): FramePart[] {
    const parts: FramePart[] = []
    let at = Math.min(this.#skip, piece.length)
    this.#skip -= at
    while (at < piece.length) {
      const begin = at
      if (this.#left === 0) at = this.#readHead(piece, at)
      if (this.#head.length > 0) break
      const end = Math.min(piece.length, at + this.#left)
      parts.push({ type: this.#type, streamId: this.#streamId, from: begin, payload: piece.subarray(at, end) })
      this.#left -= end - at
      at = end
    }
    return parts
  }

  /** Returns where the head ends; what there is of a head without an end is kept. */
  #readHead(piece: Buffer, at: number): number {
    const end = at + HEAD_BYTES - this.#head.length
    const head = Buffer.concat([this.#head, piece.subarray(at, end)])
    this.#head = head.length < HEAD_BYTES ? head : Buffer.alloc(0)
    if (head.length < HEAD_BYTES) return piece.length
    this.#left = head.readUIntBE(0, 3)
    this.#type = head.readUInt8(3)
    this.#streamId = head.readUInt32BE(5) & 0x7fff_ffff
    return end
  }
}
