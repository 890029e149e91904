import { bodyHeapBytes } from '../../memory/body-heap-bytes.ts'
import type { ItemBody, MemoryItem } from '../../memory/memory-item.ts'
import { type SessionIdentity, stampOf } from '../../memory/session.ts'
import type { Stamp } from '../../memory/stamp.ts'
import type { UnitReads } from '../placement/heat-ledger.ts'
import type { UnitFacts } from '../placement/units.ts'

/** Which part of a copy is of which unit. */
export interface UnitSpan {
  readonly facts: UnitFacts
  /** Index of the unit's first item in the copy. */
  readonly from: number
  readonly reads: UnitReads
}

/** What lies outside of the process of a copy: without what this process alone knows, such as reads not written down. */
export interface StoredCopy {
  readonly session: SessionIdentity
  readonly n: number
  readonly shownFence: string | undefined
  readonly complete: boolean
  /** Rising by stamp. */
  readonly entries: readonly StoredEntry[]
  /** Rising, as the units follow each other; the last one is the tail. */
  readonly units: readonly StoredUnit[]
  /** For so long it may still be served, in milliseconds. */
  readonly provenForMs: number
}

export interface StoredEntry {
  readonly stamp: Stamp
  /** Its inner parts are frozen. */
  readonly body: ItemBody
}

export interface StoredUnit {
  readonly facts: UnitFacts
  /** Its items come after this one; empty for the first unit. */
  readonly after: Stamp | ''
}

/** Items that are made when somebody looks at them, so that they say how often they were read by then. */
export interface UnmadeItems {
  readonly count: number
  /** Of content and payload, in characters. */
  readonly textBytes: number
  /** Of all that they say, in the heap. */
  readonly heapBytes: number
  readonly make: () => MemoryItem[]
}

export interface SessionCopyParts {
  readonly session: SessionIdentity
  readonly n: number
  /** The fence that its record showed; absent where the store doesn't say. */
  readonly shownFence?: string | undefined
  readonly items: readonly MemoryItem[] | UnmadeItems
  readonly complete: boolean
  readonly spans: readonly UnitSpan[]
  /** Now, milliseconds since 1970. */
  readonly filledAt: number
  /** From when on it must not be served, milliseconds since 1970: the tier of a unit changes by then. */
  readonly tierUntil: number
  /** The same, since the store has to show again by then that it is whole. */
  readonly provenUntil: number
  /** How long after its last use it may still be served, in milliseconds. */
  readonly idleMs: number
}

/** What a copy may hold: the newest items of a session, up to so many and so much text. */
export interface CopyBounds {
  readonly maxItems: number
  /** Of content and payload. */
  readonly maxBytes: number
}

// By measure: an item without what it says, and half of what it takes more where it is asked for by id.
const ITEM_BYTES = 380
// What there is once for a session: the copy itself, its units, its place in a store.
const SESSION_BYTES = 700

/** Of the bounds of a copy. One long item may end it well before them. */
const LONG_SHARE = 0.75

/**
 * The newest run of a session, without gaps, edits applied and deleted items left out, for one process. What it hands
 * out is frozen; the copy itself grows with appends and changes nothing that was handed out.
 */
export class SessionCopy {
  readonly kind = 'copy'
  readonly session: SessionIdentity
  readonly #tierUntil: number
  readonly #idleMs: number
  readonly #shownFence: string | undefined
  #provenUntil: number
  #lastUsedAt: number
  #n: number
  #items: MemoryItem[]
  /** What {@link SessionCopy.#items} will be. */
  #unmade: UnmadeItems | undefined
  #complete: boolean
  #spans: readonly UnitSpan[]
  #textBytes: number
  #bodyBytes: number
  #places: Map<string, number> | undefined
  #dropped = 0
  #hits = 0
  #refreshAt = 1

  constructor(parts: SessionCopyParts) {
    this.session = parts.session
    this.#n = parts.n
    this.#shownFence = parts.shownFence
    const { items } = parts
    this.#unmade = 'make' in items ? items : undefined
    this.#items = 'make' in items ? [] : [...items]
    this.#complete = parts.complete
    this.#spans = parts.spans
    this.#tierUntil = parts.tierUntil
    this.#provenUntil = parts.provenUntil
    this.#idleMs = parts.idleMs
    this.#lastUsedAt = parts.filledAt
    this.#textBytes = 'make' in items ? items.textBytes : items.reduce((sum, item) => sum + textBytesOf(item), 0)
    this.#bodyBytes = 'make' in items ? items.heapBytes : items.reduce((sum, item) => sum + bodyHeapBytes(item), 0)
  }

  /** It holds everything of the session, back to its oldest item, as of this many appends. */
  get n(): number {
    return this.#n
  }

  /** Whether it has just what a record of so many appends and that fence has; false where that can't be told. */
  isOf({ n, shownFence }: { readonly n: number; readonly shownFence?: string | undefined }): boolean {
    return n === this.#n && shownFence !== undefined && shownFence === this.#shownFence
  }

  /** What its record showed when it was read, if the store says. */
  get shownFence(): string | undefined {
    return this.#shownFence
  }

  /** How long after its last use it is worth keeping, in milliseconds. */
  get idleMs(): number {
    return this.#idleMs
  }

  /** Rising by stamp. Expired items may be among them. */
  get items(): readonly MemoryItem[] {
    return this.#made()
  }

  /** How many {@link items} there are. */
  get count(): number {
    return this.#unmade?.count ?? this.#items.length
  }

  /** Whether it reaches the first item of the session. */
  get complete(): boolean {
    return this.#complete
  }

  get spans(): readonly UnitSpan[] {
    return this.#spans
  }

  /** How the units follow each other, for whoever writes the copy down. */
  storedUnits(): readonly StoredUnit[] {
    return this.#spans.map(({ facts, from }) => ({
      facts,
      after: from === 0 ? '' : stampOf(this.items[from - 1]!.id),
    }))
  }

  /** Whether it is so long that reading it again from the store would hardly make it longer. */
  isLong({ maxItems, maxBytes }: CopyBounds): boolean {
    return this.count >= LONG_SHARE * maxItems || this.#textBytes >= LONG_SHARE * maxBytes
  }

  /** Estimate of what it takes in the heap. */
  get bytes(): number {
    return SESSION_BYTES + this.count * ITEM_BYTES + this.#bodyBytes
  }

  /**
   * A number that leads to an item for as long as the copy holds it, or undefined. Places are counted from before any
   * item was dropped at the front, so that they stay good.
   */
  placeOf(id: string): number | undefined {
    this.#places ??= new Map(this.items.map((item, i) => [item.id, i + this.#dropped]))
    return this.#places.get(id)
  }

  itemAt(place: number): MemoryItem | undefined {
    return this.items[place - this.#dropped]
  }

  /** The store has shown that it is whole: it may be served up to this time, milliseconds since 1970. */
  prove(until: number): void {
    this.#provenUntil = until
  }

  /** Whether it may still be served: its tier can't have changed, and it was used lately enough. */
  isServable(now: number): boolean {
    return now < this.#tierUntil && now < this.#provenUntil && now - this.#lastUsedAt < this.#idleMs
  }

  /**
   * Counts one read of every unit that has items from `from` up to `to`, but for those that `counted` has; they are
   * added. True where the reads of one are worth a write of their own.
   */
  recordRead(from: number, to: number, now: number, counted?: Set<string>): boolean {
    const spans = this.#spans
    let due = false
    if (spans.length === 1 && counted === undefined) {
      due = from < to && spans[0]!.reads.record(now)
    } else {
      for (let i = 0; i < spans.length && spans[i]!.from < to && from < to; i++) {
        const { facts, reads } = spans[i]!
        if (i + 1 < spans.length && spans[i + 1]!.from <= from) continue
        if (counted?.has(facts.id) !== true && reads.record(now)) due = true
        counted?.add(facts.id)
      }
    }
    this.#lastUsedAt = now
    this.#hits += 1
    if (this.#hits >= this.#refreshAt) this.#refresh(now)
    return due
  }

  /** The same for the unit of the item at a place. */
  recordReadAt(place: number, now: number): boolean {
    const i = place - this.#dropped
    return this.recordRead(i, i + 1, now)
  }

  /**
   * Adds what was just acknowledged. False where the copy can't go on: there is a gap, or an item that sorts before
   * what it holds (a latecomer, or one that was sent again).
   */
  append(items: readonly MemoryItem[], n: number, bounds: CopyBounds): boolean {
    if (n <= this.#n) return true
    if (n !== this.#n + items.length) return false
    const held = this.#made()
    let last = held.at(-1)?.id ?? ''
    for (const item of items) {
      if (item.id <= last) return false
      last = item.id
    }
    for (const item of items) {
      this.#places?.set(item.id, held.length + this.#dropped)
      held.push(item)
      this.#textBytes += textBytesOf(item)
      this.#bodyBytes += bodyHeapBytes(item)
    }
    this.#n = n
    this.trim(bounds)
    return true
  }

  /** Lets go of the oldest items, down to the bounds. */
  trim(bounds: CopyBounds): void {
    let drop = 0
    let textBytes = this.#textBytes
    const excess = this.count - bounds.maxItems
    while (drop < this.count - 1 && (drop < excess || textBytes > bounds.maxBytes)) {
      textBytes -= textBytesOf(this.items[drop]!)
      drop += 1
    }
    if (drop === 0) return
    for (const item of this.#made().splice(0, drop)) {
      this.#places?.delete(item.id)
      this.#bodyBytes -= bodyHeapBytes(item)
    }
    this.#dropped += drop
    this.#textBytes = textBytes
    this.#complete = false
    const spans = this.#spans.map((span) => ({ ...span, from: Math.max(0, span.from - drop) }))
    this.#spans = spans.filter((span, i) => spans[i + 1]?.from !== span.from)
  }

  /**
   * Renews what the items say of reads. Each time after a quarter more hits: exact for the first few, then within a
   * quarter, and far too seldom to cost a hit anything.
   */
  #refresh(now: number): void {
    this.#refreshAt = this.#hits + Math.max(1, this.#hits >> 2)
    // Not made yet, they will be as of now.
    if (this.#unmade !== undefined) return
    const spans = this.#spans
    let span = 0
    this.#items = this.#items.map((item, i) => {
      while (span + 1 < spans.length && spans[span + 1]!.from <= i) span += 1
      const reads = spans[span]?.reads
      if (reads === undefined) return item
      return Object.freeze({ ...item, cached: true, accessCount: reads.total, lastAccessedAt: reads.lastAt ?? now })
    })
  }

  #made(): MemoryItem[] {
    if (this.#unmade !== undefined) {
      this.#items = this.#unmade.make()
      this.#unmade = undefined
    }
    return this.#items
  }
}

/** Length of the texts of an item or its body. */
export function textBytesOf({ content, payload }: ItemBody): number {
  return content.length + (payload?.data.length ?? 0)
}
