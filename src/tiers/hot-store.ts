import type { MemoryItem } from '../memory/memory-item.ts'
import type { SessionKey } from '../memory/session.ts'
import type { SessionCopy } from './reading/session-copy.ts'

/**
 * Holds copies of the newest parts of sessions. May forget anything at any time; never answers wrongly, or half without
 * saying so. On a miss it leaves a lease, and `fill` counts only while that lease stands: an append or a structural
 * change in between voids it. `hotStoreSuite` of `thermocline/testing` says the rest in tests.
 */
export interface HotStore {
  readonly name: string
  open(): Promise<void>
  close(): Promise<void>
  /** Answers at once where the copy is in the process; a promise is for stores that have to ask. */
  read(key: SessionKey): HotAnswer | Promise<HotAnswer>
  /**
   * Where an item lies in a copy in this process, without asking anybody; undefined where there is none. Worth having
   * only where it takes nanoseconds.
   */
  peek?(id: string): HotSlot | undefined
  /** False: the lease no longer stood, and the copy was not taken. */
  fill(key: SessionKey, lease: HotLease, copy: SessionCopy): boolean | Promise<boolean>
  /** `n` as the durable store replied: known = ignored, next = added, gap = the copy is dropped. Voids a lease. */
  append(key: SessionKey, items: readonly MemoryItem[], n: number): void | Promise<void>
  /** Drops the copy and voids a lease, for anything structural. */
  forget(key: SessionKey): void | Promise<void>
  /** Drops all copies of sessions and voids all leases. Segments may stay: they are never wrong. */
  clear(): void | Promise<void>
  /** Segments are immutable, so their copies need no protocol. */
  getSegment(key: SessionKey, segmentId: string): Uint8Array | undefined | Promise<Uint8Array | undefined>
  putSegment(key: SessionKey, segmentId: string, bytes: Uint8Array): void | Promise<void>
  /** Drops copies of segments that are no more. */
  dropSegments(key: SessionKey, segmentIds: readonly string[]): void | Promise<void>
  stats(): HotStats
}

/** A place in a copy; see {@link SessionCopy.at}. */
export interface HotSlot {
  readonly copy: SessionCopy
  readonly place: number
}

export type HotAnswer = SessionCopy | HotMiss

/** Permission to fill after a miss. Opaque to all but its store. */
export interface HotLease {
  readonly token: unknown
}

export interface HotMiss {
  readonly kind: 'miss'
  readonly lease: HotLease
}

export interface HotStats {
  readonly sessions: number
  readonly segments: number
  /** Of copies and segments. */
  readonly bytes: number
  readonly maxBytes: number
  readonly hits: number
  readonly misses: number
  readonly evictions: number
}
