import { promisify } from 'node:util'
import {
  constants,
  type ZstdOptions,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib'
import type { Codec, CompressionLevel } from '../codec.ts'
import { corruptInput } from '../corrupt-input.ts'
import { restoreFrame, stripFrame } from './zstd-frame.ts'

const compressAsync: (raw: Uint8Array, options: ZstdOptions) => Promise<Uint8Array> = promisify(zstdCompress)
const decompressAsync: (packed: Uint8Array, options: ZstdOptions) => Promise<Uint8Array> = promisify(zstdDecompress)

// Up to a page's size, light work blocks the process for a few tenths of a millisecond at most (200 MB/s and more), and
// handing it to another thread and back takes about as long.
const SYNC_COMPRESS_BYTES = 80 * 1024
const SYNC_DECOMPRESS_BYTES = 80 * 1024

const LEVEL: Readonly<Record<CompressionLevel, number>> = Object.freeze({ light: 3, strong: 19 })

/** Zstandard as Node has it built in, in frames without header. */
export const zstdCodec: Codec = Object.freeze({
  name: 'zstd',
  async compress(raw, { level, dictionary }) {
    const options: ZstdOptions = {
      // Without it the asynchronous form makes tables for any size: 450 ms for 5 KB at level 22 instead of 1.
      pledgedSrcSize: raw.length,
      params: {
        [constants.ZSTD_c_compressionLevel]: LEVEL[level],
        [constants.ZSTD_c_contentSizeFlag]: 0,
        [constants.ZSTD_c_checksumFlag]: 0,
        [constants.ZSTD_c_dictIDFlag]: 0,
      },
      ...(dictionary && { dictionary: dictionary as Buffer }),
    }
    const sync = level === 'light' && raw.length <= SYNC_COMPRESS_BYTES && dictionary === undefined
    return stripFrame(sync ? zstdCompressSync(raw, options) : await compressAsync(raw, options))
  },
  async decompress(packed, { rawBytes, dictionary }) {
    const frame = restoreFrame(packed, rawBytes)
    // One output chunk of the whole size, so that nothing is joined afterwards; zlib wants at least 64.
    const options: ZstdOptions = {
      chunkSize: Math.max(rawBytes, 64),
      maxOutputLength: Math.max(rawBytes, 1),
      ...(dictionary && { dictionary: dictionary as Buffer }),
    }
    let raw: Uint8Array
    try {
      raw =
        rawBytes <= SYNC_DECOMPRESS_BYTES ? zstdDecompressSync(frame, options) : await decompressAsync(frame, options)
    } catch (cause) {
      throw corruptInput('zstd', 'not a zstd frame of the declared size', cause)
    }
    if (raw.length !== rawBytes) throw corruptInput('zstd', 'size differs from the declared one')
    return raw
  },
} satisfies Codec)
