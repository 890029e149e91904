const WORD_BITS = 24

/** Collects numbers bit by bit, highest bit first; the last byte is filled up with zeros. */
export class BitWriter {
  readonly #bytes: number[] = []
  #held = 0
  #heldBits = 0

  /** The lowest `bits` bits (0 to 53) of a whole number. */
  write(value: number, bits: number): void {
    // Bit operations work on 32 bits, so longer numbers go in pieces.
    let left = bits
    while (left > WORD_BITS) {
      left -= WORD_BITS
      this.#push(Math.floor(value / 2 ** left) % 2 ** WORD_BITS, WORD_BITS)
    }
    this.#push(value % 2 ** left, left)
  }

  flag(value: boolean): void {
    this.#push(value ? 1 : 0, 1)
  }

  /** A number that is mostly small, 0 to 2^53 - 2: Elias gamma code of one more. 1 bit for 0, 3 for 1 and 2. */
  count(value: number): void {
    const bits = bitLength(value + 1)
    this.write(0, bits - 1)
    this.write(value + 1, bits)
  }

  finish(): Uint8Array {
    const tail = this.#heldBits > 0 ? [(this.#held << (8 - this.#heldBits)) & 0xff] : []
    return Uint8Array.from([...this.#bytes, ...tail])
  }

  #push(value: number, bits: number): void {
    let left = bits
    while (left > 0) {
      const taken = Math.min(left, 8 - this.#heldBits)
      left -= taken
      this.#held = (this.#held << taken) | ((value >>> left) & ((1 << taken) - 1))
      this.#heldBits += taken
      if (this.#heldBits === 8) {
        this.#bytes.push(this.#held)
        this.#held = 0
        this.#heldBits = 0
      }
    }
  }
}

/** Bits that a whole number takes: 0 for 0, 1 for 1, 2 for 2 and 3. */
export function bitLength(value: number): number {
  return value < 0x1_0000_0000 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 0x1_0000_0000))
}
