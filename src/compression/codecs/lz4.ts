import { loadLz4 } from '../../clients/lz4.ts'
import type { Codec } from '../codec.ts'
import { corruptInput } from '../corrupt-input.ts'

const SIZE_BYTES = 4
// Below this the work takes less time than handing it to another thread and back.
const SYNC_BYTES = 64 * 1024

/** LZ4 blocks: larger than zstd's, faster both ways. @throws ThermoclineError `PEER_MISSING` without lz4-napi. */
export const lz4Codec: Codec = Object.freeze({
  name: 'lz4',
  async compress(raw, { dictionary }) {
    const lz4 = await loadLz4()
    const sync = raw.length <= SYNC_BYTES
    const block = sync
      ? lz4.compressSync(asBuffer(raw), dictionary && asBuffer(dictionary))
      : await lz4.compress(raw, dictionary)
    return block.subarray(SIZE_BYTES)
  },
  async decompress(packed, { rawBytes, dictionary }) {
    const lz4 = await loadLz4()
    // The size in front is ours, never the sender's: lz4-napi allocates as much as it says.
    const block = Buffer.allocUnsafe(SIZE_BYTES + packed.length)
    block.writeUInt32LE(rawBytes)
    block.set(packed, SIZE_BYTES)
    let raw: Uint8Array
    try {
      raw = rawBytes <= SYNC_BYTES ? lz4.uncompressSync(block, dictionary) : await lz4.uncompress(block, dictionary)
    } catch (cause) {
      throw corruptInput('lz4', 'not an LZ4 block', cause)
    }
    if (raw.length !== rawBytes) throw corruptInput('lz4', 'size differs from the declared one')
    return raw
  },
} satisfies Codec)

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
