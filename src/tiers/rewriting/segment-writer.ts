import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { ThermoclineError } from '../../errors.ts'
import { base32 } from '../../lib/base32.ts'
import type { Heat } from '../../memory/heat.ts'
import type { SegmentRef } from '../../memory/record.ts'
import {
  decodeSegment,
  encodeSegment,
  type SegmentContent,
  type SegmentEntry,
} from '../../memory/segment-format/index.ts'
import type { Stamp } from '../../memory/stamp.ts'
import type { Placed } from '../reading/record-runs.ts'

export interface WrittenSegment {
  /** Not inline yet: whether it lies in its record is for the commit to decide. */
  readonly ref: SegmentRef
  readonly bytes: Uint8Array
}

export interface SegmentBounds {
  /** Of one segment as stored. */
  readonly maxBytes: number
  /** Of what one segment holds, as JSON bodies. */
  readonly maxRawBytes: number
}

/** Packs items, and the stamps of deleted ones, into as few segments as the bounds allow, rising by stamp. */
export async function writeSegments(
  content: SegmentContent,
  kind: SegmentRef['kind'],
  compress: boolean,
  bounds: SegmentBounds,
  heat: Heat,
): Promise<readonly WrittenSegment[]> {
  const written: WrittenSegment[] = []
  for (const part of splitByRawBytes(content, bounds.maxRawBytes)) {
    written.push(...(await write(part, kind, compress, bounds, heat)))
  }
  return written
}

/**
 * Reads a segment back and compares it with what it was made from, before anything that it replaces is given up.
 * @throws ThermoclineError `SEGMENT_CORRUPT`
 */
export async function verifySegments(content: SegmentContent, written: readonly WrittenSegment[]): Promise<void> {
  const back = await Promise.all(written.map(({ bytes }) => decodeSegment(bytes)))
  const entries = back.flatMap((part) => part.entries)
  const gone = back.flatMap((part) => part.gone)
  const isSame =
    entries.length === content.entries.length &&
    entries.every((entry, i) => isSameEntry(entry, content.entries[i]!)) &&
    isDeepStrictEqual(gone, [...content.gone])
  if (isSame) return
  throw new ThermoclineError(
    'SEGMENT_CORRUPT',
    'Cannot rewrite segment: what was written reads back differently; nothing was changed',
  )
}

/** As `isDeepStrictEqual` of the two, several times faster for what nearly all items are. */
function isSameEntry(a: SegmentEntry, b: SegmentEntry): boolean {
  const { content, contentType, createdAt, ...rest } = a.body
  const { content: bContent, contentType: bType, createdAt: bCreatedAt, ...bRest } = b.body
  return (
    a.stamp === b.stamp &&
    content === bContent &&
    contentType === bType &&
    createdAt === bCreatedAt &&
    isDeepStrictEqual(rest, bRest)
  )
}

async function write(
  content: Part,
  kind: SegmentRef['kind'],
  compress: boolean,
  bounds: SegmentBounds,
  heat: Heat,
): Promise<readonly WrittenSegment[]> {
  const bytes = await encodeSegment(content, {
    codec: compress ? 'zstd' : 'none',
    level: kind === 'archive' ? 'strong' : 'light',
  })
  if (bytes.byteLength > bounds.maxBytes && content.entries.length > 1) {
    return writeSegments(content, kind, compress, { ...bounds, maxRawBytes: Math.ceil(content.rawBytes / 2) }, heat)
  }
  const stamps = [...content.entries.map(({ stamp }) => stamp), ...content.gone].sort()
  const ref: SegmentRef = {
    id: base32(randomBytes(8)),
    kind,
    first: stamps[0]!,
    last: stamps.at(-1)!,
    items: content.entries.length,
    rawBytes: content.rawBytes,
    bytes: bytes.byteLength,
    newestAt: content.entries.reduce((newest, { body }) => Math.max(newest, body.createdAt), 0),
    heat,
  }
  return [{ ref, bytes }]
}

// Counted for a deleted item's stamp, so that no segment comes near the 65,536 of them that one may hold.
const GONE_BYTES = 64

interface Part extends SegmentContent {
  readonly entries: SegmentEntry[]
  readonly gone: Stamp[]
  rawBytes: number
}

function splitByRawBytes(content: SegmentContent, maxRawBytes: number): readonly Part[] {
  const parts: Part[] = []
  let counted = Number.POSITIVE_INFINITY
  const partFor = (size: number): Part => {
    if (counted + size > maxRawBytes) {
      parts.push({ entries: [], gone: [], rawBytes: 0 })
      counted = 0
    }
    counted += size
    return parts.at(-1)!
  }
  let gone = 0
  for (const entry of content.entries) {
    for (; gone < content.gone.length && content.gone[gone]! < entry.stamp; gone++) {
      partFor(GONE_BYTES).gone.push(content.gone[gone]!)
    }
    const size = rawBytesOf(entry)
    const part = partFor(size)
    part.entries.push(entry)
    part.rawBytes += size
  }
  for (; gone < content.gone.length; gone++) partFor(GONE_BYTES).gone.push(content.gone[gone]!)
  return parts
}

function rawBytesOf({ body, bytes }: Placed): number {
  return bytes ?? Buffer.byteLength(JSON.stringify(body))
}
