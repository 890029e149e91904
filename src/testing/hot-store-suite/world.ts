import assert from 'node:assert/strict'
import type { MemoryItem } from '../../memory/memory-item.ts'
import type { SessionIdentity } from '../../memory/session.ts'
import type { SessionCopy } from '../../tiers/hot/session-copy.ts'
import type { HotLease, HotMiss, HotStore } from '../../tiers/hot-store.ts'
import { copyOf, item, read, START } from './fixtures.ts'

/** A commit that the hot store has not heard of yet: items up to a count, or the deletion of one. */
type Untold =
  | { readonly kind: 'append'; readonly added: readonly MemoryItem[]; readonly n: number }
  | { readonly kind: 'deletion'; readonly id: string }

interface Reader {
  readonly store: HotStore
  readonly lease: HotLease
  readonly unproven: SessionCopy | undefined
  /** What it loaded, once it has. */
  copy: SessionCopy | undefined
}

/**
 * What a durable store would hold of one session, and calls under way between it and the hot store: writers that have
 * committed and not told the hot store yet, readers that have missed or loaded and not filled yet. Steps of all of them
 * in any order, through any of the store objects.
 */
export class World {
  readonly #owner: SessionIdentity
  readonly #stores: readonly HotStore[]
  readonly #mayForget: boolean
  /** In the order in which they were appended. */
  readonly #log: MemoryItem[] = []
  readonly #deleted = new Set<string>()
  readonly #untold: Untold[] = []
  readonly #readers: Reader[] = []
  readonly #acknowledgedDeletions = new Set<string>()
  #acknowledged = 0
  #nextMs = 100

  constructor(stores: readonly HotStore[], owner: SessionIdentity, mayForget: boolean) {
    this.#stores = stores
    this.#owner = owner
    this.#mayForget = mayForget
  }

  async step(random: () => number): Promise<void> {
    const choice = random()
    if (choice < 0.2) this.#commitAppend(1 + Math.floor(random() * 2), random() < 0.1)
    else if (choice < 0.23) this.#commitDeletion(random)
    else if (choice < 0.5) await this.#tell(random)
    else if (choice < 0.65) this.#load(random)
    else if (choice < 0.75) await this.#fill(random)
    else if (choice < 0.9) await this.#read(random)
    else this.#peek(random)
  }

  #commitAppend(count: number, late: boolean): void {
    const added = Array.from({ length: count }, () => {
      this.#nextMs += 10
      // A latecomer sorts before what others appended meanwhile.
      return item(this.#owner, late ? this.#nextMs - 35 : this.#nextMs)
    })
    this.#log.push(...added)
    this.#untold.push({ kind: 'append', added: sorted(added), n: this.#log.length })
  }

  #commitDeletion(random: () => number): void {
    const id = this.#log[Math.floor(random() * this.#log.length)]?.id
    if (id === undefined) return
    this.#deleted.add(id)
    this.#untold.push({ kind: 'deletion', id })
  }

  async #tell(random: () => number): Promise<void> {
    const commit = takeOne(this.#untold, random)
    const store = oneOf(this.#stores, random)
    if (commit?.kind === 'append') {
      const goesOn = await store.append(this.#owner.key, commit.added, commit.n)
      this.#acknowledged = Math.max(this.#acknowledged, commit.n)
      if (goesOn && !this.#mayForget) await this.#servesAppended(oneOf(this.#stores, random), commit.added)
    } else if (commit?.kind === 'deletion') {
      await store.forget(this.#owner.key)
      this.#acknowledgedDeletions.add(commit.id)
    }
  }

  async #servesAppended(store: HotStore, added: readonly MemoryItem[]): Promise<void> {
    const answer = await read(store, this.#owner, { strong: true })
    assert.ok(answer.kind === 'copy', 'append said that there is a copy')
    this.#check(answer)
    for (const { id } of added) {
      assert.ok(this.#deleted.has(id) || answer.placeOf(id) !== undefined, 'append said that the copy has its items')
    }
  }

  #load(random: () => number): void {
    const reader = this.#readers.find(({ copy }) => copy === undefined)
    if (reader === undefined || random() < 0.2) return
    const n = this.#log.length
    // Whatever changes a session but an append changes its fence.
    const shownFence = `fence ${this.#deleted.size}`
    if (reader.unproven?.isOf({ n, shownFence })) {
      reader.unproven.prove(START + 1)
      reader.copy = reader.unproven
      return
    }
    const held = sorted(this.#log).filter(({ id }) => !this.#deleted.has(id))
    reader.copy = copyOf(this.#owner, held, n, { shownFence })
  }

  async #fill(random: () => number): Promise<void> {
    const reader = takeOne(this.#readers, random)
    if (reader?.copy !== undefined) await reader.store.fill(this.#owner.key, reader.lease, reader.copy)
  }

  async #read(random: () => number): Promise<void> {
    const store = oneOf(this.#stores, random)
    const newest = random() < 0.5 ? 1 + Math.floor(random() * 10) : Number.MAX_SAFE_INTEGER
    // One object may hear a little later of what another changed, unless it is asked to make sure.
    const strong = this.#stores.length > 1
    const asksForProof = store.isShared === true && random() < 0.15
    const answer = await read(store, this.#owner, { newest, strong, ...(asksForProof && { maxProofAgeMs: 0 }) })
    if (answer.kind === 'copy') this.#check(answer, newest)
    else this.#missed(store, answer)
  }

  #missed(store: HotStore, { lease, unproven }: HotMiss): void {
    if (this.#readers.length < 4) this.#readers.push({ store, lease, unproven, copy: undefined })
  }

  #peek(random: () => number): void {
    if (this.#stores.length > 1) return
    const wanted = this.#log[Math.floor(random() * this.#log.length)]
    const slot = wanted && this.#stores[0]?.peek?.(wanted.id)
    if (slot === undefined) return
    assert.equal(slot.copy.itemAt(slot.place)?.id, wanted?.id, 'peek led to another item')
    // It may be what a read of the newest few left in the process.
    this.#check(slot.copy, 1)
  }

  /**
   * Whole as of its count, down to as many of the newest as were asked for; at least as new as all that was
   * acknowledged. A deletion may show before that, or not.
   */
  #check(copy: SessionCopy, newest: number = Number.MAX_SAFE_INTEGER): void {
    assert.ok(copy.n >= this.#acknowledged, `n ${copy.n} was served after ${this.#acknowledged} was acknowledged`)
    const held = new Set(copy.items.map(({ id }) => id))
    for (const id of this.#acknowledgedDeletions) assert.ok(!held.has(id), 'an item came back after its deletion')
    const whole = sorted(this.#log.slice(0, copy.n)).filter(({ id }) => held.has(id) || !this.#deleted.has(id))
    assert.ok(copy.items.length >= Math.min(newest, whole.length), 'a copy has fewer items than were asked for')
    // A deleted item before all that the copy has can't be told from one that it lacks.
    if (copy.items.length < whole.length) assert.ok(!copy.complete, 'a copy that lacks older items must say so')
    assert.deepEqual(
      copy.items.map(({ id }) => id),
      whole.slice(whole.length - copy.items.length).map(({ id }) => id),
      `a copy of n ${copy.n} is not what was appended until then`,
    )
  }
}

function sorted(items: readonly MemoryItem[]): MemoryItem[] {
  return [...items].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function takeOne<T>(from: T[], random: () => number): T | undefined {
  // Mostly the oldest: calls overtake each other, but not all the time.
  return from.splice(random() < 0.6 ? 0 : Math.floor(random() * from.length), 1)[0]
}

function oneOf<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)]!
}
