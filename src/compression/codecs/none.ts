import type { Codec } from '../codec.ts'
import { corruptInput } from '../corrupt-input.ts'

/** Keeps bytes as they are: for what is too small to gain, and for reading a segment with bare eyes. */
export const noneCodec: Codec = Object.freeze({
  name: 'none',
  async compress(raw) {
    return raw
  },
  async decompress(packed, { rawBytes }) {
    if (packed.length !== rawBytes) throw corruptInput('none', 'size differs from the declared one')
    return Uint8Array.from(packed)
  },
} satisfies Codec)
