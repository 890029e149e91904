import type { MemoryItem } from '../memory/memory-item.ts'
import type { SegmentRef } from '../memory/record.ts'
import type { SessionKey } from '../memory/session.ts'
import type { Stamp } from '../memory/stamp.ts'

/**
 * May forget anything at any time; never answers wrongly, or half without saying so. A copy is the newest run of a
 * session. On a miss a lease is left; `fill` counts only while that lease stands; an append voids it.
 */
export interface HotStore {
  readonly name: string
  open(): Promise<void>
  close(): Promise<void>
  read(key: SessionKey): HotAnswer | HotMiss | Promise<HotAnswer | HotMiss>
  /** False: something happened since the miss, and the copy was not taken. */
  fill(key: SessionKey, lease: HotLease, copy: HotCopy): boolean | Promise<boolean>
  /** `n` as the durable store replied: known = ignored, next = added, gap = the copy is dropped. */
  append(key: SessionKey, items: readonly MemoryItem[], n: number): void | Promise<void>
  forget(key: SessionKey): void | Promise<void>
  getSegment(key: SessionKey, segmentId: string): Uint8Array | undefined | Promise<Uint8Array | undefined>
  putSegment(key: SessionKey, segmentId: string, bytes: Uint8Array): void | Promise<void>
  stats(): HotStats
}
export interface HotLease { readonly token: string }
export interface HotMiss { readonly kind: 'miss'; readonly lease: HotLease }
export interface HotAnswer { readonly kind: 'hit'; readonly copy: HotCopy }
