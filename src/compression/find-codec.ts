import type { Codec, CodecName } from './codec.ts'
import { lz4Codec } from './codecs/lz4.ts'
import { noneCodec } from './codecs/none.ts'
import { zstdCodec } from './codecs/zstd.ts'

const CODECS: Readonly<Record<CodecName, Codec>> = Object.freeze({ none: noneCodec, lz4: lz4Codec, zstd: zstdCodec })

export function findCodec(name: CodecName): Codec {
  return CODECS[name]
}
