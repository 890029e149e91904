import type { Heat } from './heat.ts'
import type { SessionIdentity } from './session.ts'
import type { Stamp } from './stamp.ts'

/** A `reviewAt` that no clock reaches: placement has nothing to decide. The latest time that a Date can hold. */
export const NEVER = 8_640_000_000_000_000

/** An item of the tail: its place, and its {@link ItemBody} as one opaque JSON text. */
export interface TailEntry {
  readonly stamp: Stamp
  readonly body: string
}

/** An immutable run of older items, packed together. Ranges of one session's segments never overlap. */
export interface SegmentRef {
  /** 13 characters of base-32, random, unique within the session. */
  readonly id: string
  /** A page is warm (light compression), an archive cold (strong compression). */
  readonly kind: 'page' | 'archive'
  /** Lowest and highest stamp that the segment ever held, deleted items included. */
  readonly first: Stamp
  readonly last: Stamp
  /** Items in it, deleted ones not counted. */
  readonly items: number
  /** Size of what it holds as JSON bodies, and as stored. */
  readonly rawBytes: number
  readonly bytes: number
  /** `createdAt` of its newest item, milliseconds since 1970. */
  readonly newestAt: number
  readonly heat: Heat
  /** The segment itself, where it is small enough to lie in the record: no second read. */
  readonly inline?: Uint8Array
}

/** An edit or a deletion, kept beside the items until the next rewrite of where they lie. */
export type OverlayChange = { readonly kind: 'deleted' } | { readonly kind: 'edited'; readonly body: string }
export type Overlay = ReadonlyMap<Stamp, OverlayChange>

/** All there is of a session, but the bytes of segments that lie outside it. */
export interface SessionRecord {
  readonly session: SessionIdentity
  /** Items ever appended, a re-sent one counted at most once more. Rises with each append, never falls. */
  readonly n: number
  /** What was made at this millisecond or earlier is gone for good. 0: nothing is. */
  readonly erasedTo: number
  /** Rising by stamp. */
  readonly tail: readonly TailEntry[]
  /** False where the store gave only the newest entries, as its caller allowed. */
  readonly tailComplete: boolean
  /** Items and bytes of the whole tail, re-sent ones perhaps counted twice. */
  readonly tailItems: number
  readonly tailBytes: number
  readonly tailHeat: Heat
  /** Rising by stamp. */
  readonly segments: readonly SegmentRef[]
  readonly overlay: Overlay
  /** What is said of the session as a whole, one opaque text; empty where nothing is. */
  readonly about: string
  /** When placement next has something to decide, milliseconds since 1970. */
  readonly reviewAt: number
  /** Sweeps that failed in a row. */
  readonly failures: number
  /** When the record was made: `createdAt` of what was appended first, milliseconds since 1970. */
  readonly createdAt: number
  /** Highest `createdAt` of an append, milliseconds since 1970. */
  readonly updatedAt: number
}

/** Items that a record holds, expired ones included; what was sent again may count twice until the next rewrite. */
export function heldItems(record: Pick<SessionRecord, 'tailItems' | 'segments' | 'overlay'>): number {
  return Math.max(0, record.tailItems + sealedItems(record))
}

/** What segments and overlay make of that number; below 0 where more is deleted of the tail than they hold. */
export function sealedItems({ segments, overlay }: Pick<SessionRecord, 'segments' | 'overlay'>): number {
  const sealedTo = segments.at(-1)?.last ?? ''
  let count = segments.reduce((sum, { items }) => sum + items, 0)
  // What is deleted in the tail has left it; in a segment it waits for the next rewrite.
  for (const [stamp, { kind }] of overlay) if (kind === 'deleted' && stamp <= sealedTo) count -= 1
  return count
}
