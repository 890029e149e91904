import { ThermoclineError } from '../../errors.ts'
import { type BoundedCache, LruBytes } from '../../lib/lru-bytes.ts'
import { bodyHeapBytes } from '../../memory/body-heap-bytes.ts'
import type { SegmentRef } from '../../memory/record.ts'
import { decodeSegment, type SegmentContent } from '../../memory/segment-format/index.ts'
import type { SessionKey } from '../../memory/session.ts'
import type { DurableStore } from '../durable-store.ts'
import type { HotStore } from '../hot-store.ts'

// By measure, of a decoded item: what it takes beside what it says; and a stamp of one that is gone.
const ENTRY_BYTES = 200
const STAMP_BYTES = 48

export interface SegmentReadOptions {
  /** Whether a copy is left for the next reader; not where all there is is looked through once. @default true */
  readonly keep?: boolean
}

/**
 * Reads segments: decoded from this process where they were read lately, otherwise from the record they lie in, from a
 * hot copy, or from the durable store, leaving a hot copy. Segments are immutable, so no copy is ever stale; one that a
 * structural commit has replaced is merely not asked for any more.
 */
export class SegmentSource {
  readonly #durable: DurableStore
  readonly #hot: HotStore
  readonly #decoded: LruBytes<string, SegmentContent>

  /** Keeps decoded segments up to `maxBytes` of heap, estimated. */
  constructor(durable: DurableStore, hot: HotStore, maxBytes: number) {
    this.#durable = durable
    this.#hot = hot
    this.#decoded = new LruBytes(maxBytes)
  }

  /** Decoded segments that are kept. */
  get cache(): BoundedCache {
    return this.#decoded
  }

  /** @throws ThermoclineError `SEGMENT_MISSING`, `SEGMENT_CORRUPT`, `SEGMENT_VERSION`, `CODEC_MISSING`, `STORE_…` */
  async read(key: SessionKey, ref: SegmentRef, { keep = true }: SegmentReadOptions = {}): Promise<SegmentContent> {
    const known = this.#decoded.get(key + ref.id)
    if (known !== undefined) return known
    const content = await decodeSegment(ref.inline ?? (await this.#bytes(key, ref.id, keep)))
    if (keep) this.#decoded.set(key + ref.id, content, heapBytesOf(content))
    return content
  }

  /** Lets go of segments that are no more. */
  async drop(key: SessionKey, segmentIds: readonly string[]): Promise<void> {
    if (segmentIds.length === 0) return
    for (const id of segmentIds) this.#decoded.delete(key + id)
    await this.#hot.dropSegments(key, segmentIds)
  }

  async #bytes(key: SessionKey, segmentId: string, keep: boolean): Promise<Uint8Array> {
    const copy = await this.#hot.getSegment(key, segmentId)
    if (copy !== undefined) return copy
    const bytes = await this.#durable.getSegment(key, segmentId)
    if (bytes === undefined) {
      throw new ThermoclineError('SEGMENT_MISSING', 'Cannot read segment: a structural commit has replaced it', {
        details: { segment: segmentId },
      })
    }
    if (keep) await this.#hot.putSegment(key, segmentId, bytes)
    return bytes
  }
}

function heapBytesOf({ entries, gone }: SegmentContent): number {
  return entries.reduce((sum, { body }) => sum + ENTRY_BYTES + bodyHeapBytes(body), STAMP_BYTES * gone.length)
}
