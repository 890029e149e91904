import { corrupt } from './segment-error.ts'

const WORD_BITS = 24
const MAX_BITS = 53

/** Reads what a {@link BitWriter} wrote. Whatever the bits say, it takes no longer than there are bits. */
export class BitReader {
  readonly #bytes: Uint8Array
  /** In bits. */
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** @throws ThermoclineError `SEGMENT_CORRUPT` past the end */
  read(bits: number): number {
    if (bits > MAX_BITS) throw corrupt('a number is too large')
    if (this.#at + bits > this.#bytes.length * 8) throw corrupt('bits are cut short')
    let value = 0
    let left = bits
    while (left > WORD_BITS) {
      left -= WORD_BITS
      value = value * 2 ** WORD_BITS + this.#pull(WORD_BITS)
    }
    return value * 2 ** left + this.#pull(left)
  }

  flag(): boolean {
    return this.read(1) === 1
  }

  /** @throws ThermoclineError `SEGMENT_CORRUPT` above `limit` */
  count(limit: number): number {
    let zeros = 0
    while (!this.flag()) zeros += 1
    if (zeros >= MAX_BITS) throw corrupt('a count is too large')
    const value = 2 ** zeros + this.read(zeros) - 1
    if (value > limit) throw corrupt('a count is too large')
    return value
  }

  /** @throws ThermoclineError `SEGMENT_CORRUPT` unless all was read but the zeros that fill the last byte */
  end(): void {
    const left = this.#bytes.length * 8 - this.#at
    if (left > 7 || this.read(left) !== 0) throw corrupt('bits are left over')
  }

  #pull(bits: number): number {
    let value = 0
    let left = bits
    while (left > 0) {
      const byte = this.#bytes[this.#at >> 3] ?? 0
      const inByte = 8 - (this.#at & 7)
      const taken = Math.min(left, inByte)
      value = (value << taken) | ((byte >> (inByte - taken)) & ((1 << taken) - 1))
      this.#at += taken
      left -= taken
    }
    return value
  }
}
