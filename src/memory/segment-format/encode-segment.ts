import { crc32 } from 'node:zlib'
import type { CodecName, CompressionLevel } from '../../compression/codec.ts'
import { findCodec } from '../../compression/find-codec.ts'
import { isStamp, type Stamp } from '../stamp.ts'
import { writeColumns } from './body-columns.ts'
import { columnSink } from './columns.ts'
import { sealEnvelope } from './envelope.ts'
import { MAX_ITEMS, MAX_RAW_BYTES } from './limits.ts'
import type { SegmentContent } from './segment-content.ts'
import { tooLarge } from './segment-error.ts'
import { rises } from './stamp-columns.ts'

/** Options of {@link encodeSegment}. */
export interface EncodeOptions {
  readonly codec: CodecName
  /** `light` is fast (a page), `strong` small (an archive). @default "light" */
  readonly level?: CompressionLevel
  /** Bytes that the texts may refer to; reading needs the same. Its CRC-32 is its id. */
  readonly dictionary?: Uint8Array
}

/**
 * Packs items into one immutable segment: docs/segment-format.md. Where the codec gains nothing, the texts are kept as
 * they are.
 *
 * @throws ThermoclineError `SEGMENT_TOO_LARGE` beyond {@link MAX_ITEMS} or {@link MAX_RAW_BYTES}, `PEER_MISSING`
 * @throws TypeError for stamps that don't rise or a body that JSON can't hold
 */
export async function encodeSegment(content: SegmentContent, options: EncodeOptions): Promise<Uint8Array> {
  const { codec, level = 'light', dictionary } = options
  checkStamps(content)
  const sink = columnSink()
  writeColumns(sink, content)
  const raw = sink.texts.finish()
  if (raw.length > MAX_RAW_BYTES) throw tooLarge('encode', 'raw bytes', MAX_RAW_BYTES, raw.length)
  const packed = await findCodec(codec).compress(raw, dictionary ? { level, dictionary } : { level })
  const gained = packed.length < raw.length
  return sealEnvelope({
    codec: gained ? codec : 'none',
    items: content.entries.length,
    gone: content.gone.length,
    rawBytes: raw.length,
    bits: sink.bits.finish(),
    escaped: sink.texts.escaped,
    texts: gained ? packed : raw,
    ...(gained && dictionary && { dictionaryId: crc32(dictionary) }),
  })
}

function checkStamps({ entries, gone }: SegmentContent): void {
  for (const [name, count] of [
    ['items', entries.length],
    ['deleted items', gone.length],
  ] as const) {
    if (count > MAX_ITEMS) throw tooLarge('encode', name, MAX_ITEMS, count)
  }
  const stamps = entries.map(({ stamp }) => stamp)
  const known = new Set<Stamp>(gone)
  if (![...stamps, ...gone].every(isStamp) || !rises(stamps) || !rises(gone) || stamps.some((s) => known.has(s))) {
    throw new TypeError('Cannot encode segment: expected rising stamps, each once')
  }
}
