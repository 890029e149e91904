import type { Heat } from '../memory/heat.ts'
import type { Overlay, SegmentRef, SessionRecord, TailEntry } from '../memory/record.ts'
import type { SessionIdentity, SessionKey } from '../memory/session.ts'

/**
 * Holds everything; durable when a promise resolves. The naked contract: lifecycle, argument checks, deadlines, error
 * wrapping and tracing are put around any store by `checkedDurableStore`, and `durableStoreSuite` of
 * `thermocline/testing` says the rest in tests.
 */
export interface DurableStore {
  /** For messages and traces: `sqlite`, `firestore`. */
  readonly name: string
  readonly capabilities: DurableStoreCapabilities
  open(): Promise<void>
  /** Frees what `open` took; harmless when repeated. */
  close(): Promise<void>
  /**
   * Names what is stored, the same for whoever opens it: 1 to 64 letters and digits. Hot copies outside of the process
   * are kept under it, so that two stores can't take each other's. Asked for after `open`. @default ""
   */
  dataId?(): string

  /**
   * Adds entries to the tail in one atomic write, and creates the record if there is none. Costs the same however long
   * the session is. Repeating an entry (same stamp) that is in the tail never adds it twice and never changes what is
   * stored; one that a structural commit has taken out of the tail may come back, and readers know it from its segment.
   * Entries made at or before `erasedTo` are never seen again; the reply shows it. A record that is made has the later
   * `erasedTo` of what is buried under its key and under the grave of its owner (`graveOf`).
   */
  append(session: SessionIdentity, entries: readonly AppendEntry[], options: AppendOptions): Promise<Appended>

  /**
   * The record in one read, or undefined where nothing was ever appended. All of it is of one instant: a copy is made
   * from it, and would lack for good what `n` counts and the tail does not have yet.
   */
  load(key: SessionKey, options?: LoadOptions): Promise<LoadedRecord | undefined>

  /** Bytes of a segment that does not lie in its record; undefined once a structural commit has replaced it. */
  getSegment(key: SessionKey, segmentId: string): Promise<Uint8Array | undefined>

  /**
   * A structural commit: all of `change` or nothing, and only if `fence` is still the session's fence. Appends make it
   * fail only where it says so, and what they add stays. It leaves `change.nextFence` as the fence, and no failures.
   */
  commit(key: SessionKey, fence: string, change: StructuralChange): Promise<CommitResult>

  /** Changes of the record that neither need nor change the fence: what is known about a session, not what it holds. */
  touch(key: SessionKey, patch: TouchPatch): Promise<void>

  /** Sessions of a shard with `reviewAt <= before`, earliest first, at most `limit`, after `cursor`. */
  due(shard: number, before: number, cursor: string | undefined, limit: number): Promise<DuePage>

  /** A user's sessions, the newest first. */
  list(owner: { tenantId: string; userId: string }, cursor: string | undefined, limit: number): Promise<SessionPage>

  /**
   * Where other processes can write: a number that has moved whenever one of them has committed. Must cost
   * microseconds. Undefined: can't tell.
   */
  foreignChanges?(): number

  /**
   * Makes what was removed unreadable in the store's own files and logs too, and resolves when it is. May take long, so
   * it is called seldom. Absent where removing does that by itself, or where it can't be done.
   */
  scrub?(): Promise<void>

  /** Hears of each append and structural commit made through this very object; must not throw. Returns the way to stop. */
  watch?(listener: (change: LocalChange) => void): () => void
}

export interface DurableStoreCapabilities {
  /** Answers across a network: calls get a deadline and a circuit breaker. */
  readonly remote: boolean
  /** Outlives the process. */
  readonly persistent: boolean
  /** Where copies of what is erased may remain that the store has no hold of, in words for people. */
  readonly outOfReach: readonly string[]
}

export interface AppendEntry extends TailEntry {
  /** `createdAt` of the item, milliseconds since 1970. */
  readonly createdAt: number
}

export interface AppendOptions {
  /** The record's `reviewAt` becomes this if it was later, or the record is new. Milliseconds since 1970. */
  readonly reviewAt: number
  /** `createdAt` and `updatedAt` of a record that is made by an append of nothing. Milliseconds since 1970. */
  readonly createdAt?: number
}

export interface Appended {
  /** {@link SessionRecord.n} after the append. */
  readonly n: number
  readonly tailItems: number
  readonly tailBytes: number
  readonly erasedTo: number
}

export interface LoadOptions {
  /** So many of the newest tail entries are enough; a store may give more, and says so by `tailComplete`. */
  readonly newest?: number
  /** Read the fence with it, in the same instant or earlier. @default false */
  readonly withFence?: boolean
}

export interface LoadedRecord extends SessionRecord {
  /** Present if asked for. */
  readonly fence?: string
  /** The fence of the structural commit that the record shows, where a store knows it at no cost. */
  readonly shownFence?: string
}

export interface StructuralChange {
  /** `n` of the record that this change was made from. */
  readonly n: number
  /** The fence from now on, which no session ever had: its maker knows by it what became of a commit without a reply. */
  readonly nextFence: string
  /** A conflict too where anything was appended since `n`. @default false */
  readonly onlyIfN?: boolean
  /** Tail entries to remove, exactly as they were loaded. */
  readonly dropTail?: readonly TailEntry[]
  /** Entries to append in the same instant, as by `append`. */
  readonly addTail?: readonly AppendEntry[]
  /** All segments from now on. Absent: as before. */
  readonly segments?: readonly SegmentRef[]
  /** The whole overlay from now on. Absent: as before. */
  readonly overlay?: Overlay
  readonly tailHeat?: Heat
  /** Absent: as before. */
  readonly about?: string
  /** Rises only. What the tail holds of then or earlier goes with it, whether or not it was loaded. */
  readonly erasedTo?: number
  /**
   * The record goes, with all of its tail and segments, unless something was appended since `n`. What stays is out of
   * sight: `erasedTo`, the fence, and `n` plus one, so that no copy of the former life goes on in the next. A later
   * append makes the record anew with them. @default false
   */
  readonly bury?: boolean
  /** Set as it is if nothing was appended since `n`; otherwise it can only make the review earlier. */
  readonly reviewAt: number
  /** Bytes of segments that do not lie in the record. */
  readonly put?: readonly { readonly id: string; readonly bytes: Uint8Array }[]
  /** Ids of segments to remove. */
  readonly remove?: readonly string[]
}

export type CommitResult = { readonly kind: 'committed' } | { readonly kind: 'conflict' }

export interface TouchPatch {
  readonly tailHeat?: Heat
  /** By segment id; unknown ones are ignored. */
  readonly segmentHeat?: ReadonlyMap<string, Heat>
  /** Only if nothing was appended since `n`, and the fence is this one; otherwise it can only make the review earlier. */
  readonly reviewAt?: { readonly at: number; readonly n: number; readonly fence: string }
  readonly failures?: number
}

export interface DuePage {
  readonly sessions: readonly { readonly key: SessionKey; readonly reviewAt: number }[]
  /** Undefined at the end. */
  readonly cursor: string | undefined
}

export interface SessionPage {
  readonly sessions: readonly SessionSummary[]
  readonly cursor: string | undefined
}

export interface SessionSummary extends SessionIdentity {
  /** As in {@link SessionRecord}. */
  readonly createdAt: number
  readonly updatedAt: number
  readonly n: number
  readonly about: string
  /** As `heldItems` counts them. */
  readonly items: number
}

/** What happened to a session through this store object. */
export interface LocalChange {
  readonly key: SessionKey
  /** The very array that was given to `append`, so that its giver knows its own; undefined for a structural commit. */
  readonly entries: readonly AppendEntry[] | undefined
}
