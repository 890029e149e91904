import { corruptInput } from '../corrupt-input.ts'

// RFC 8878: a frame is magic, descriptor, window or content size, then blocks, each after 3 bytes of header
// (bit 0: last, bits 1-2: type, bits 3-23: size).
const MAGIC = 0xfd2fb528
const PLAIN_HEADER_BYTES = 6
const FULL_HEADER_BYTES = 9
const BLOCK_HEADER_BYTES = 3
/** Descriptor of a frame in one segment with four bytes of content size: its window is its content. */
const SINGLE_SEGMENT = 0xa0
const REPEATED_BYTE = 1
/** In the lead byte: the last block kept its header. */
const HEADER_KEPT = 3
const MAX_EARLIER_BLOCKS = 63

/**
 * A zstd frame without what the reader knows or can work out: its magic, its header, and the header of its last block,
 * whose size is what is left. Saves 8 bytes of the 350 that a short chat takes. One lead byte is added: bits 0-1 the type
 * of the last block, bits 2-7 how many blocks stand before it.
 *
 * @param frame One frame, written without content size, checksum and dictionary id.
 */
export function stripFrame(frame: Uint8Array): Uint8Array {
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.length)
  // Anything else would be a change of Node's zstd that the reader could not undo.
  if (view.length < PLAIN_HEADER_BYTES + BLOCK_HEADER_BYTES || view.readUInt32LE(0) !== MAGIC || view[4] !== 0) {
    throw new TypeError('Cannot strip zstd frame: its header is not the one asked for')
  }
  let at = PLAIN_HEADER_BYTES
  let earlier = 0
  for (;;) {
    const header = view.readUIntLE(at, BLOCK_HEADER_BYTES)
    const type = (header >> 1) & 3
    const blockAt = at + BLOCK_HEADER_BYTES
    const nextAt = blockAt + (type === REPEATED_BYTE ? 1 : header >> 3)
    if ((header & 1) === 1) {
      // Not up to the end of what Node gives: where the frame just fills its buffers of 16 KiB, Node asks for the end once
      // more, and zstd writes an empty frame behind it.
      const kept = type === REPEATED_BYTE || earlier > MAX_EARLIER_BLOCKS
      if (kept) return Buffer.concat([Buffer.of(HEADER_KEPT), view.subarray(PLAIN_HEADER_BYTES, nextAt)])
      return Buffer.concat([
        Buffer.of((earlier << 2) | type),
        view.subarray(PLAIN_HEADER_BYTES, at),
        view.subarray(blockAt, nextAt),
      ])
    }
    at = nextAt
    earlier += 1
  }
}

/**
 * The frame that {@link stripFrame} took apart.
 * @throws ThermoclineError `SEGMENT_CORRUPT`
 */
export function restoreFrame(stripped: Uint8Array, rawBytes: number): Uint8Array {
  const lead = stripped[0]
  if (lead === undefined) throw corruptInput('zstd', 'nothing to decompress')
  const type = lead & 3
  const head = Buffer.alloc(FULL_HEADER_BYTES)
  head.writeUInt32LE(MAGIC)
  head[4] = SINGLE_SEGMENT
  head.writeUInt32LE(rawBytes, 5)
  if (type === HEADER_KEPT) return Buffer.concat([head, stripped.subarray(1)])
  const lastAt = skipBlocks(stripped, lead >> 2)
  const last = Buffer.alloc(BLOCK_HEADER_BYTES)
  last.writeUIntLE(((stripped.length - lastAt) << 3) | (type << 1) | 1, 0, BLOCK_HEADER_BYTES)
  return Buffer.concat([head, stripped.subarray(1, lastAt), last, stripped.subarray(lastAt)])
}

function skipBlocks(stripped: Uint8Array, count: number): number {
  let at = 1
  for (let i = 0; i < count; i++) {
    const [low = 0, middle = 0, high = 0] = stripped.subarray(at, at + BLOCK_HEADER_BYTES)
    const header = low | (middle << 8) | (high << 16)
    at += BLOCK_HEADER_BYTES + (((header >> 1) & 3) === REPEATED_BYTE ? 1 : header >> 3)
  }
  if (at > stripped.length || stripped.length - at > 0x1fffff) throw corruptInput('zstd', 'blocks do not fit')
  return at
}
