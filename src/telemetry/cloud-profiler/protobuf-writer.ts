const VARINT = 0
const LENGTH_DELIMITED = 2
const FIRST_BYTES = 256

/** Writes one message of Protocol Buffers: https://protobuf.dev/programming-guides/encoding. Zeros and empty texts are left out, as proto3 does. */
export class ProtobufWriter {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #length = 0

  /** @param value not negative */
  integer(field: number, value: number | bigint): this {
    if (BigInt(value) === 0n) return this
    this.#tag(field, VARINT)
    this.#varint(value)
    return this
  }

  /** @param values not negative */
  integers(field: number, values: readonly number[]): this {
    const packed = new ProtobufWriter()
    for (const value of values) packed.#varint(value)
    return this.bytes(field, packed.finish())
  }

  /** Also where it is empty: an entry of a list counts by its place. */
  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'))
  }

  message(field: number, write: (message: ProtobufWriter) => void): this {
    const message = new ProtobufWriter()
    write(message)
    return this.bytes(field, message.finish())
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED)
    this.#varint(value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
    return this
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType)
  }

  #varint(value: number | bigint): void {
    this.#reserve(10)
    let rest = value
    // Bits can't be taken from a number past 32 of them, and a BigInt is slow: most values are small.
    while (typeof rest === 'bigint' || rest > 0x7fff_ffff) {
      const big = BigInt(rest)
      if (big < 0x80n) {
        rest = Number(big)
        break
      }
      this.#bytes[this.#length++] = Number(big & 0x7fn) | 0x80
      rest = big >> 7n
    }
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
