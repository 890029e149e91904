import { crc32 } from 'node:zlib'
import type { CodecName } from '../../compression/codec.ts'
import { ThermoclineError } from '../../errors.ts'
import { MAX_ITEMS } from './limits.ts'
import { corrupt, tooLarge } from './segment-error.ts'
import { type ByteCursor, readVarint, writeVarint } from './varint.ts'

export const SEGMENT_FORMAT_VERSION = 1
const CRC_BYTES = 4
const DICTIONARY_ID_BYTES = 4
const MIN_BYTES = 1 + 3 + CRC_BYTES
const VERSION_BIT = 5
const HAS_DICTIONARY = 4
const HAS_GONE = 8
const IS_ESCAPED = 16
/** By their number in the first byte. */
const CODECS: readonly CodecName[] = ['none', 'lz4', 'zstd']

/** A segment taken apart: what is said about it, and its two parts as stored. */
export interface Envelope {
  readonly codec: CodecName
  /** CRC-32 of the dictionary that the texts were compressed with. */
  readonly dictionaryId?: number
  readonly items: number
  readonly gone: number
  /** Size of the texts before compression. */
  readonly rawBytes: number
  readonly bits: Uint8Array
  /** Whether escapes have their meaning in the texts. */
  readonly escaped: boolean
  readonly texts: Uint8Array
}

/**
 * First byte: codec in bits 0-1, bit 2 with a dictionary, bit 3 with deleted items, bit 4 with escapes, version in bits
 * 5-7. Varints: items, deleted items if any, raw size of the texts, size of the bits. The dictionary's id, if any. Bits,
 * texts. CRC-32 of all that.
 */
export function sealEnvelope(envelope: Envelope): Uint8Array {
  const { dictionaryId, gone, bits, texts } = envelope
  const head = [
    (SEGMENT_FORMAT_VERSION << VERSION_BIT) |
      (envelope.escaped ? IS_ESCAPED : 0) |
      (gone > 0 ? HAS_GONE : 0) |
      (dictionaryId === undefined ? 0 : HAS_DICTIONARY) |
      CODECS.indexOf(envelope.codec),
  ]
  writeVarint(head, envelope.items)
  if (gone > 0) writeVarint(head, gone)
  writeVarint(head, envelope.rawBytes)
  writeVarint(head, bits.length)
  const id = Buffer.alloc(dictionaryId === undefined ? 0 : DICTIONARY_ID_BYTES)
  if (dictionaryId !== undefined) id.writeUInt32LE(dictionaryId)
  const sealed = Buffer.concat([Buffer.from(head), id, bits, texts, Buffer.alloc(CRC_BYTES)])
  sealed.writeUInt32LE(crc32(sealed.subarray(0, -CRC_BYTES)), sealed.length - CRC_BYTES)
  return sealed
}

/**
 * Takes a segment apart after its checksum was found right, and before anything is decompressed or allocated.
 * @throws ThermoclineError `SEGMENT_CORRUPT`, `SEGMENT_VERSION`, `SEGMENT_TOO_LARGE`, `CODEC_MISSING`
 */
export function openEnvelope(bytes: Uint8Array, maxRawBytes: number): Envelope {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = view.length - CRC_BYTES
  // The checksum stands in the same place in every version, so a flipped version bit is told from a newer version.
  if (view.length < MIN_BYTES || crc32(view.subarray(0, end)) !== view.readUInt32LE(end)) {
    throw corrupt('the checksum does not match')
  }
  const first = view[0] as number
  if (first >> VERSION_BIT !== SEGMENT_FORMAT_VERSION) throw unknownVersion(first >> VERSION_BIT)
  const codec = CODECS[first & 3]
  if (codec === undefined) throw new ThermoclineError('CODEC_MISSING', 'Cannot decode segment: its codec is not known')
  const cursor: ByteCursor = { bytes: view.subarray(0, end), at: 1 }
  const items = readBounded(cursor, 'items', MAX_ITEMS)
  const gone = first & HAS_GONE ? readBounded(cursor, 'deleted items', MAX_ITEMS) : 0
  const rawBytes = readBounded(cursor, 'raw bytes', maxRawBytes)
  const bitBytes = readVarint(cursor)
  const bitsAt = cursor.at + (first & HAS_DICTIONARY ? DICTIONARY_ID_BYTES : 0)
  const textsAt = bitsAt + bitBytes
  // Each item has a content, and the content an end.
  if (textsAt > end || items > rawBytes) throw corrupt('a size does not fit')
  return {
    codec,
    items,
    gone,
    rawBytes,
    escaped: (first & IS_ESCAPED) !== 0,
    bits: view.subarray(bitsAt, textsAt),
    texts: view.subarray(textsAt, end),
    ...(first & HAS_DICTIONARY && { dictionaryId: view.readUInt32LE(cursor.at) }),
  }
}

function readBounded(cursor: ByteCursor, name: string, limit: number): number {
  const value = readVarint(cursor)
  if (value > limit) throw tooLarge('decode', name, limit, value)
  return value
}

function unknownVersion(version: number): ThermoclineError {
  return new ThermoclineError(
    'SEGMENT_VERSION',
    `Cannot decode segment: expected version ${SEGMENT_FORMAT_VERSION}: received ${version}; a newer thermocline wrote it`,
    { details: { version } },
  )
}
