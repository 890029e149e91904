import { checkNames } from '../../lib/check-names.ts'
import { checkNumberOption } from '../../lib/check-options.ts'
import { type BoundedCache, LruBytes, type LruHandle } from '../../lib/lru-bytes.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { SESSION_KEY_CHARS, type SessionKey } from '../../memory/session.ts'
import type { SessionCopy } from '../../tiers/hot/session-copy.ts'
import type { HotAnswer, HotLease, HotSlot, HotStats, NearHotStore } from '../../tiers/hot-store.ts'

export interface InProcessHotStoreOptions {
  /** Most bytes of copies and segments in the heap, estimated. @default 67_108_864 */
  readonly maxBytes?: number
  /** Newest items kept of one session. @default 500 */
  readonly maxItemsPerSession?: number
  /** Most text kept of the newest items of one session, in characters. @default 262_144 */
  readonly maxBytesPerSession?: number
}

export const IN_PROCESS_HOT_STORE_DEFAULTS: Required<InProcessHotStoreOptions> = Object.freeze({
  maxBytes: 64 * 1024 * 1024,
  maxItemsPerSession: 500,
  maxBytesPerSession: 256 * 1024,
})

// Leases that were never used are dropped past this many; the fill that comes late is then merely refused.
const MAX_LEASES = 10_000

// By measure: the array without its bytes, its key, its place.
const SEGMENT_BYTES = 400

/**
 * Copies in this process: least recently used first out, bounded in bytes.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function inProcessHotStore(options: InProcessHotStoreOptions = {}): NearHotStore {
  checkNames('INVALID_OPTION', 'Cannot use option inProcess', options, Object.keys(IN_PROCESS_HOT_STORE_DEFAULTS))
  return new InProcessHotStore({ ...IN_PROCESS_HOT_STORE_DEFAULTS, ...options })
}

interface Slot extends HotSlot {
  readonly handle: LruHandle<SessionKey, SessionCopy>
}

class InProcessHotStore implements NearHotStore {
  readonly name = 'in-process'
  readonly #maxBytes: number
  readonly #copyBounds: { readonly maxItems: number; readonly maxBytes: number }
  readonly #copies: LruBytes<SessionKey, SessionCopy>
  readonly #segments: LruBytes<string, Uint8Array>
  readonly #leases = new Map<SessionKey, HotLease>()
  /** Items that were asked for by id, and where they lie: one look-up instead of cutting up and hashing the id. */
  readonly #slots = new Map<string, Slot>()
  readonly #slotIds = new Map<SessionCopy, string[]>()
  #hits = 0
  #misses = 0

  constructor(options: Required<InProcessHotStoreOptions>) {
    for (const [name, value] of Object.entries(options))
      checkNumberOption(`inProcess.${name}`, value, [0, Number.MAX_SAFE_INTEGER, true])
    this.#maxBytes = options.maxBytes
    this.#copyBounds = { maxItems: options.maxItemsPerSession, maxBytes: options.maxBytesPerSession }
    // Segments are compressed and read seldom: a quarter of the room holds far more history than the copies do.
    const forSegments = Math.floor(options.maxBytes / 4)
    this.#segments = new LruBytes(forSegments)
    this.#copies = new LruBytes(options.maxBytes - forSegments, (_key, copy) => this.#forgetSlots(copy))
  }

  get caches(): readonly BoundedCache[] {
    return [this.#copies, this.#segments]
  }

  idle(count: number): readonly SessionKey[] {
    return this.#copies.oldest(count)
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {
    this.clear()
    this.#segments.clear()
  }

  read(key: SessionKey): HotAnswer {
    const copy = this.#copies.get(key)
    if (copy !== undefined) {
      this.#hits += 1
      return copy
    }
    this.#misses += 1
    let lease = this.#leases.get(key)
    if (lease === undefined) {
      if (this.#leases.size >= MAX_LEASES) this.#leases.delete(this.#leases.keys().next().value as SessionKey)
      lease = { token: key }
      this.#leases.set(key, lease)
    }
    return { kind: 'miss', lease }
  }

  peek(id: string): HotSlot | undefined {
    const slot = this.#slots.get(id) ?? this.#makeSlot(id)
    if (slot === undefined) return undefined
    this.#copies.touch(slot.handle)
    this.#hits += 1
    return slot
  }

  fill(key: SessionKey, lease: HotLease, copy: SessionCopy): boolean {
    if (this.#leases.get(key) !== lease) return false
    this.#leases.delete(key)
    copy.trim(this.#copyBounds)
    // One object may be filled into this store only: it grows in place with `append`.
    return this.#copies.set(key, copy, copy.bytes)
  }

  append(key: SessionKey, items: readonly MemoryItem[], n: number): boolean {
    this.#leases.delete(key)
    const copy = this.#copies.peek(key)
    if (copy === undefined) return false
    const goesOn = copy.append(items, n, this.#copyBounds)
    if (goesOn) this.#copies.resize(key, copy.bytes)
    else this.#copies.delete(key)
    return goesOn
  }

  forget(key: SessionKey): void {
    this.#leases.delete(key)
    this.#copies.delete(key)
  }

  release(key: SessionKey): void {
    this.forget(key)
  }

  clear(): void {
    this.#leases.clear()
    this.#copies.clear()
  }

  getSegment(key: SessionKey, segmentId: string): Uint8Array | undefined {
    return this.#segments.get(key + segmentId)
  }

  putSegment(key: SessionKey, segmentId: string, bytes: Uint8Array): void {
    // A view of a part would keep all of a pool, or of a whole answer of a database.
    const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
    this.#segments.set(key + segmentId, own, SEGMENT_BYTES + own.byteLength)
  }

  dropSegments(key: SessionKey, segmentIds: readonly string[]): void {
    for (const id of segmentIds) this.#segments.delete(key + id)
  }

  #makeSlot(id: string): Slot | undefined {
    const handle = this.#copies.handleOf(id.slice(0, SESSION_KEY_CHARS) as SessionKey)
    const place = handle?.value.placeOf(id)
    if (handle === undefined || place === undefined) return undefined
    const slot = { copy: handle.value, place, handle }
    this.#slots.set(id, slot)
    const ids = this.#slotIds.get(slot.copy)
    if (ids === undefined) this.#slotIds.set(slot.copy, [id])
    else ids.push(id)
    return slot
  }

  #forgetSlots(copy: SessionCopy): void {
    for (const id of this.#slotIds.get(copy) ?? []) this.#slots.delete(id)
    this.#slotIds.delete(copy)
  }

  stats(): HotStats {
    return {
      sessions: this.#copies.size,
      segments: this.#segments.size,
      bytes: this.#copies.bytes + this.#segments.bytes,
      maxBytes: this.#maxBytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#copies.evictions + this.#segments.evictions,
    }
  }
}
