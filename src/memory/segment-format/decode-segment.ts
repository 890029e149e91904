import { crc32 } from 'node:zlib'
import { findCodec } from '../../compression/find-codec.ts'
import { ThermoclineError } from '../../errors.ts'
import { BitReader } from './bit-reader.ts'
import { readColumns } from './body-columns.ts'
import { columnSource } from './columns.ts'
import { openEnvelope } from './envelope.ts'
import { MAX_RAW_BYTES } from './limits.ts'
import type { SegmentContent } from './segment-content.ts'
import { corrupt } from './segment-error.ts'
import { TextReader } from './text-reader.ts'

/** Options of {@link decodeSegment}. */
export interface DecodeOptions {
  /** The dictionary of an id, for segments that were written with one. */
  readonly dictionaries?: (id: number) => Uint8Array | undefined
  /** Largest declared size of the texts, in bytes, that is decompressed at all. @default 8_388_608 */
  readonly maxRawBytes?: number
}

/**
 * Gives back what {@link encodeSegment} packed, frozen. Safe on bytes from anywhere: they are checked before they are
 * decompressed, and no claim in them is believed.
 *
 * @throws ThermoclineError `SEGMENT_CORRUPT` for bytes that are damaged or that no encoder writes, `SEGMENT_TOO_LARGE`
 * beyond `maxRawBytes` or a limit of the format, `SEGMENT_VERSION` for a newer format, `CODEC_MISSING` for a codec or a
 * dictionary that is not here, `PEER_MISSING`
 */
export async function decodeSegment(bytes: Uint8Array, options: DecodeOptions = {}): Promise<SegmentContent> {
  const { maxRawBytes = MAX_RAW_BYTES, dictionaries } = options
  const { codec, dictionaryId, rawBytes, items, gone, bits, escaped, texts } = openEnvelope(bytes, maxRawBytes)
  const dictionary = dictionaryId === undefined ? undefined : findDictionary(dictionaryId, dictionaries)
  const raw = await findCodec(codec).decompress(texts, dictionary ? { rawBytes, dictionary } : { rawBytes })
  const source = columnSource(new BitReader(bits), new TextReader(raw, escaped))
  const content = readColumns(source, { items, gone })
  if (gone > 0) {
    const deleted = new Set(content.gone)
    if (content.entries.some(({ stamp }) => deleted.has(stamp))) throw corrupt('a deleted item is among the items')
  }
  return content
}

function findDictionary(id: number, dictionaries: DecodeOptions['dictionaries']): Uint8Array {
  const dictionary = dictionaries?.(id)
  // Another one under this id would decompress into something else without an error.
  if (dictionary !== undefined && crc32(dictionary) === id) return dictionary
  throw new ThermoclineError('CODEC_MISSING', `Cannot decode segment: expected dictionary ${id}: it is not here`, {
    details: { dictionaryId: id },
  })
}
