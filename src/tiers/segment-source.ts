import { ThermoclineError } from '../errors.ts'
import type { SegmentRef } from '../memory/record.ts'
import { decodeSegment, type SegmentContent } from '../memory/segment-format/index.ts'
import type { SessionKey } from '../memory/session.ts'
import type { DurableStore } from './durable-store.ts'
import type { HotStore } from './hot-store.ts'

/**
 * Reads and decodes a segment: from its record where it lies there, otherwise from a hot copy, otherwise from the
 * durable store, leaving a hot copy.
 * @throws ThermoclineError `SEGMENT_MISSING`, `SEGMENT_CORRUPT`, `SEGMENT_VERSION`, `CODEC_MISSING`
 */
export async function readSegment(
  durable: DurableStore,
  hot: HotStore,
  key: SessionKey,
  ref: SegmentRef,
): Promise<SegmentContent> {
  if (ref.inline !== undefined) return decodeSegment(ref.inline)
  const copy = await hot.getSegment(key, ref.id)
  if (copy !== undefined) return decodeSegment(copy)
  const bytes = await durable.getSegment(key, ref.id)
  if (bytes === undefined) {
    throw new ThermoclineError('SEGMENT_MISSING', 'Cannot read segment: a structural commit has replaced it', {
      details: { segment: ref.id },
    })
  }
  const content = await decodeSegment(bytes)
  await hot.putSegment(key, ref.id, bytes)
  return content
}
