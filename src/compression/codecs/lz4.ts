import { loadLz4 } from '../../clients/lz4.ts'
import type { Codec } from '../codec.ts'
import { corruptInput } from '../corrupt-input.ts'

const SIZE_BYTES = 4

/** LZ4 blocks: larger than zstd's, faster both ways. @throws ThermoclineError `PEER_MISSING` without lz4-napi. */
export const lz4Codec: Codec = Object.freeze({
  name: 'lz4',
  async compress(raw, { dictionary }) {
    const lz4 = await loadLz4()
    return (await lz4.compress(raw, dictionary ?? null)).subarray(SIZE_BYTES)
  },
  async decompress(packed, { rawBytes, dictionary }) {
    const lz4 = await loadLz4()
    // The size in front is ours, never the sender's: lz4-napi allocates as much as it says.
    const block = Buffer.allocUnsafe(SIZE_BYTES + packed.length)
    block.writeUInt32LE(rawBytes)
    block.set(packed, SIZE_BYTES)
    const raw = await lz4.uncompress(block, dictionary ?? null).catch((cause: unknown) => {
      throw corruptInput('lz4', 'not an LZ4 block', cause)
    })
    if (raw.length !== rawBytes) throw corruptInput('lz4', 'size differs from the declared one')
    return raw
  },
} satisfies Codec)
