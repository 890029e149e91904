import type { BoundedCache } from '../../lib/lru-bytes.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import type { SessionKey } from '../../memory/session.ts'
import type { HotAnswer, HotLease, HotQuery, HotSlot, HotStats, HotStore, NearHotStore } from '../hot-store.ts'
import type { SessionCopy } from './session-copy.ts'

/** Leases of both layers for one miss. */
interface BothLeases {
  readonly near: HotLease
  readonly shared: HotLease
  /** Whether changes were heard, and which silence was the last, when it was left. */
  readonly hearing: number | undefined
}

/**
 * Copies in this process over a store that all processes share. One is kept here only while the shared store has it and
 * tells of every change to it: a lease is left here before the shared store is asked, and whatever is told meanwhile
 * voids it; where nothing can be heard, nothing is kept.
 */
export function layeredHotStore(near: NearHotStore, shared: HotStore): HotStore {
  return new LayeredHotStore(near, shared)
}

class LayeredHotStore implements HotStore {
  readonly name: string
  readonly isShared = true
  readonly #near: NearHotStore
  readonly #shared: HotStore
  /** Copies here that hold all that the shared store does. */
  readonly #whole = new WeakSet<SessionCopy>()
  /** Counts the times from which on nothing that was kept before is good any more. */
  #silences = 0
  /** Copies here that were looked at, but were not the answer. */
  #confirmations = 0

  constructor(near: NearHotStore, shared: HotStore) {
    this.name = `${near.name} over ${shared.name}`
    this.#near = near
    this.#shared = shared
    shared.changes?.listen((key) => {
      if (key !== undefined) return near.forget(key)
      this.#silences += 1
      near.clear()
    })
  }

  get caches(): readonly BoundedCache[] {
    return this.#near.caches ?? []
  }

  idle(count: number): readonly SessionKey[] {
    return this.#near.idle?.(count) ?? []
  }

  async open(dataId?: string): Promise<void> {
    await this.#near.open(dataId)
    await this.#shared.open(dataId)
  }

  async close(): Promise<void> {
    await Promise.all([this.#near.close(), this.#shared.close()])
  }

  read(key: SessionKey, query: HotQuery): HotAnswer | Promise<HotAnswer> {
    const copy = this.#hearing() === undefined ? undefined : this.#near.read(key, query)
    if (copy === undefined || copy.kind === 'miss' || !this.#isEnough(copy, query)) return this.#ask(key, query)
    return query.strong === true ? this.#confirm(key, query, copy) : copy
  }

  peek(id: string): HotSlot | undefined {
    return this.#hearing() === undefined ? undefined : this.#near.peek(id)
  }

  async fill(key: SessionKey, lease: HotLease, copy: SessionCopy): Promise<boolean> {
    const { near, shared, hearing } = lease.token as BothLeases
    const taken = await this.#shared.fill(key, shared, copy)
    if (taken) this.#keep(key, near, copy, hearing, true)
    return taken
  }

  async append(key: SessionKey, items: readonly MemoryItem[], n: number): Promise<boolean> {
    const goesOn = await this.#shared.append(key, items, n)
    if (goesOn) this.#near.append(key, items, n)
    else this.#near.forget(key)
    return goesOn
  }

  async forget(key: SessionKey): Promise<void> {
    this.#near.forget(key)
    await this.#shared.forget(key)
    // Somebody may have read it here in between.
    this.#near.forget(key)
  }

  release(key: SessionKey): void {
    this.#near.release(key)
  }

  async clear(): Promise<void> {
    this.#near.clear()
    await this.#shared.clear()
    this.#near.clear()
  }

  async getSegment(key: SessionKey, segmentId: string): Promise<Uint8Array | undefined> {
    const here = this.#near.getSegment(key, segmentId)
    if (here !== undefined) return here
    const bytes = await this.#shared.getSegment(key, segmentId)
    if (bytes !== undefined) this.#near.putSegment(key, segmentId, bytes)
    return bytes
  }

  async putSegment(key: SessionKey, segmentId: string, bytes: Uint8Array): Promise<void> {
    this.#near.putSegment(key, segmentId, bytes)
    await this.#shared.putSegment(key, segmentId, bytes)
  }

  async dropSegments(key: SessionKey, segmentIds: readonly string[]): Promise<void> {
    this.#near.dropSegments(key, segmentIds)
    await this.#shared.dropSegments(key, segmentIds)
  }

  async forgetOwner(tag: string): Promise<void> {
    this.#near.clear()
    await this.#shared.forgetOwner?.(tag)
    this.#near.clear()
  }

  stats(): HotStats {
    const near = this.#near.stats()
    const { hits, misses, shared } = this.#shared.stats()
    return { ...near, hits: near.hits - this.#confirmations + hits, misses, ...(shared && { shared }) }
  }

  /**
   * The shared store answers. Where it has the same, what is here stays: putting each answer in its place would make
   * every one of them outlive its reader.
   */
  async #confirm(key: SessionKey, query: HotQuery, copy: SessionCopy): Promise<HotAnswer> {
    this.#confirmations += 1
    const answer = await this.#shared.read(key, query)
    if (answer.kind === 'copy') {
      if (!copy.isOf(answer)) this.#near.forget(key)
      return answer
    }
    this.#near.forget(key)
    const token: BothLeases = { near: NO_LEASE, shared: answer.lease, hearing: undefined }
    return { ...answer, lease: { token } }
  }

  async #ask(key: SessionKey, query: HotQuery): Promise<HotAnswer> {
    // What is here is not enough, or not to be used: it makes room for what is about to come.
    this.#near.forget(key)
    const here = this.#near.read(key, query)
    const near = here.kind === 'miss' ? here.lease : NO_LEASE
    const hearing = this.#hearing()
    const answer = await this.#shared.read(key, query)
    if (answer.kind === 'copy') {
      this.#keep(key, near, answer, hearing, query.newest === undefined)
      return answer
    }
    return { ...answer, lease: { token: { near, shared: answer.lease, hearing } satisfies BothLeases } }
  }

  /** Keeps a copy here, if nothing was missed since its lease was left. */
  #keep(key: SessionKey, lease: HotLease, copy: SessionCopy, hearing: number | undefined, isWhole: boolean): void {
    if (hearing === undefined || hearing !== this.#hearing()) return
    if (this.#near.fill(key, lease, copy) && isWhole) this.#whole.add(copy)
  }

  #isEnough(copy: SessionCopy, { newest }: HotQuery): boolean {
    if (copy.complete || this.#whole.has(copy)) return true
    return newest !== undefined && copy.count >= newest
  }

  /** Which silence was the last, or undefined where nothing is heard now. */
  #hearing(): number | undefined {
    return this.#shared.changes?.isHeard() === true ? this.#silences : undefined
  }
}

const NO_LEASE: HotLease = Object.freeze({ token: undefined })
