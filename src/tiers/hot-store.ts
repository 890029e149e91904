import type { BoundedCache } from '../lib/lru-bytes.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import type { SessionKey } from '../memory/session.ts'
import type { SessionCopy, StoredCopy } from './hot/session-copy.ts'

/**
 * Holds copies of the newest parts of sessions. May forget anything at any time; never answers wrongly, or half without
 * saying so. On a miss it leaves a lease, and `fill` counts only while that lease stands: an append or a structural
 * change in between voids it. `hotStoreSuite` of `thermocline/testing` says the rest in tests.
 */
export interface HotStore {
  readonly name: string
  /**
   * True where it lies outside of the process and other processes see it too: then it tells of what they change, and
   * its calls get deadlines and a circuit breaker. @default false
   */
  readonly isShared?: boolean
  /** `dataId` names what the copies are of; a shared store keeps those of other data apart. */
  open(dataId?: string): Promise<void>
  close(): Promise<void>
  /** Answers at once where the copy is in the process; a promise is for stores that have to ask. */
  read(key: SessionKey, query: HotQuery): HotAnswer | Promise<HotAnswer>
  /**
   * Where an item lies in a copy in this process, without asking anybody; undefined where there is none. Worth having
   * only where it takes nanoseconds.
   */
  peek?(id: string): HotSlot | undefined
  /** False: the lease no longer stood, and the copy was not taken. */
  fill(key: SessionKey, lease: HotLease, copy: SessionCopy): boolean | Promise<boolean>
  /**
   * `n` as the durable store replied: known = ignored, next = added, gap = the copy is dropped. Voids a lease. True where
   * there is a copy afterwards, and it has these items.
   */
  append(key: SessionKey, items: readonly MemoryItem[], n: number): boolean | Promise<boolean>
  /** Drops the copy and voids a lease, for anything structural. */
  forget(key: SessionKey): void | Promise<void>
  /** Drops all copies of sessions and voids all leases. Segments may stay: they are never wrong. */
  clear(): void | Promise<void>
  /** Segments are immutable, so their copies need no protocol. */
  getSegment(key: SessionKey, segmentId: string): Uint8Array | undefined | Promise<Uint8Array | undefined>
  putSegment(key: SessionKey, segmentId: string, bytes: Uint8Array): void | Promise<void>
  /** Drops copies of segments that are no more. */
  dropSegments(key: SessionKey, segmentIds: readonly string[]): void | Promise<void>
  /**
   * Of a shared store: deletes all that it holds of sessions whose keys begin so, copies, leases and segments; an erase
   * calls it last, for what nobody could be told of. Rejects where it can't.
   */
  forgetOwner?(tag: string): Promise<void>
  /** Lets go of what it holds of a session in this process; a shared store keeps what others see. */
  release(key: SessionKey): void
  /** Of a shared store: rejects while it can't be written to, so that whoever left it alone knows when it is back. */
  probe?(): Promise<void>
  /** Of a shared store: what others change in it. Without it, copies in the process are kept for moments only. */
  readonly changes?: HotChanges
  /** What it holds in this process, for pressure to bound. */
  readonly caches?: readonly BoundedCache[]
  /** Sessions that it holds in this process and that were used least lately, from the longest unused on. */
  idle?(count: number): readonly SessionKey[]
  stats(): HotStats
}

/** A hot store in this process, which answers everything at once. */
export interface NearHotStore extends HotStore {
  read(key: SessionKey, query: HotQuery): HotAnswer
  peek(id: string): HotSlot | undefined
  fill(key: SessionKey, lease: HotLease, copy: SessionCopy): boolean
  append(key: SessionKey, items: readonly MemoryItem[], n: number): boolean
  forget(key: SessionKey): void
  clear(): void
  getSegment(key: SessionKey, segmentId: string): Uint8Array | undefined
  putSegment(key: SessionKey, segmentId: string, bytes: Uint8Array): void
  dropSegments(key: SessionKey, segmentIds: readonly string[]): void
}

/** Tells of changes as they happen, and says whether it could. */
export interface HotChanges {
  /** Calls back for a session whose copy is no longer what it was; without a key for all of them. */
  listen(listener: (key: SessionKey | undefined) => void): void
  /** False from the moment on that a change of two seconds ago might not have been told. */
  isHeard(): boolean
}

export interface HotQuery {
  /** So many of the newest items will do. @default all that it holds */
  readonly newest?: number
  /** True: not from this process. A shared store answers all the same. @default false */
  readonly strong?: boolean
  /** Of a shared store: a copy that was proven longer ago is no answer, in milliseconds. */
  readonly maxProofAgeMs: number
  /** Makes a copy of what lies outside of the process. */
  readonly revive: (stored: StoredCopy) => SessionCopy
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
  /**
   * A copy that was there for too long to be trusted, all of it, whatever was asked for: the lease took its place.
   * Whoever finds that the record agrees with it may fill it again.
   */
  readonly unproven?: SessionCopy
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
  /** Of the store that other processes see too, where there is one. */
  readonly shared?: SharedHotStats
}

/** Counts of this process. */
export interface SharedHotStats {
  readonly name: string
  readonly hits: number
  readonly misses: number
  /** Calls that failed, or were not made since it was away. */
  readonly failures: number
  readonly isReachable: boolean
  /** What the last failure said. */
  readonly lastError: string | undefined
}
