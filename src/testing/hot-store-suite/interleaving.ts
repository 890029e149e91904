import assert from 'node:assert/strict'
import type { MemoryItem } from '../../memory/memory-item.ts'
import type { SessionIdentity } from '../../memory/session.ts'
import type { SessionCopy } from '../../tiers/hot/session-copy.ts'
import type { HotLease, HotStore } from '../../tiers/hot-store.ts'
import { seededRandom } from '../seeded-random.ts'
import { copyOf, item, read, session } from './fixtures.ts'
import type { HotTest } from './store-under-test.ts'

const SEEDS = 12
const STEPS = 250

/** A commit that the hot store has not heard of yet: items up to a count, or the deletion of one. */
type Untold =
  | { readonly kind: 'append'; readonly added: readonly MemoryItem[]; readonly n: number }
  | { readonly kind: 'deletion'; readonly id: string }

interface Reader {
  readonly lease: HotLease
  /** What it loaded, once it has. */
  copy: SessionCopy | undefined
}

/**
 * What a durable store would hold, and calls under way between it and the hot store: writers that have committed and
 * not told the hot store yet, readers that have missed or loaded and not filled yet. Steps of all of them in any order.
 */
class World {
  readonly #owner: SessionIdentity
  readonly #store: HotStore
  /** In the order in which they were appended. */
  readonly #log: MemoryItem[] = []
  readonly #deleted = new Set<string>()
  readonly #untold: Untold[] = []
  readonly #readers: Reader[] = []
  readonly #acknowledgedDeletions = new Set<string>()
  #acknowledged = 0
  #nextMs = 100

  constructor(store: HotStore, owner: SessionIdentity) {
    this.#store = store
    this.#owner = owner
  }

  async step(random: () => number): Promise<void> {
    const choice = random()
    if (choice < 0.2) this.#commitAppend(1 + Math.floor(random() * 2), random() < 0.1)
    else if (choice < 0.23) this.#commitDeletion(random)
    else if (choice < 0.5) await this.#tell(random)
    else if (choice < 0.65) this.#load(random)
    else if (choice < 0.75) await this.#fill(random)
    else if (choice < 0.9) await this.#read()
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
    if (commit?.kind === 'append') {
      await this.#store.append(this.#owner.key, commit.added, commit.n)
      this.#acknowledged = Math.max(this.#acknowledged, commit.n)
    } else if (commit?.kind === 'deletion') {
      await this.#store.forget(this.#owner.key)
      this.#acknowledgedDeletions.add(commit.id)
    }
  }

  #load(random: () => number): void {
    const reader = this.#readers.find(({ copy }) => copy === undefined)
    if (reader === undefined || random() < 0.2) return
    reader.copy = copyOf(
      this.#owner,
      sorted(this.#log).filter(({ id }) => !this.#deleted.has(id)),
      this.#log.length,
    )
  }

  async #fill(random: () => number): Promise<void> {
    const reader = takeOne(this.#readers, random)
    if (reader?.copy !== undefined) await this.#store.fill(this.#owner.key, reader.lease, reader.copy)
  }

  async #read(): Promise<void> {
    const answer = await read(this.#store, this.#owner)
    if (answer.kind === 'copy') this.#check(answer)
    else if (this.#readers.length < 4) this.#readers.push({ lease: answer.lease, copy: undefined })
  }

  #peek(random: () => number): void {
    const wanted = this.#log[Math.floor(random() * this.#log.length)]
    const slot = wanted && this.#store.peek?.(wanted.id)
    if (slot === undefined) return
    assert.equal(slot.copy.itemAt(slot.place)?.id, wanted?.id, 'peek led to another item')
    this.#check(slot.copy)
  }

  /** Whole as of its count; at least as new as all that was acknowledged. A deletion may show before that, or not. */
  #check(copy: SessionCopy): void {
    assert.ok(copy.n >= this.#acknowledged, `n ${copy.n} was served after ${this.#acknowledged} was acknowledged`)
    const held = new Set(copy.items.map(({ id }) => id))
    for (const id of this.#acknowledgedDeletions) assert.ok(!held.has(id), 'an item came back after its deletion')
    const expected = sorted(this.#log.slice(0, copy.n)).filter(({ id }) => held.has(id) || !this.#deleted.has(id))
    assert.deepEqual(
      copy.items.map(({ id }) => id),
      expected.map(({ id }) => id),
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

export function interleavingTests(test: HotTest): void {
  test(
    'whatever the order of reads, loads, fills, appends and deletions, every copy served is whole and fresh',
    async ({ store }) => {
      for (let seed = 0; seed < SEEDS; seed++) {
        const random = seededRandom(seed)
        const worlds = [0, 1].map((i) => new World(store, session(`seed ${seed} world ${i}`)))
        for (let step = 0; step < STEPS; step++) {
          try {
            await worlds[step % 2]!.step(random)
          } catch (error) {
            throw new Error(`seed ${seed}, step ${step}: ${error instanceof Error ? error.message : error}`, {
              cause: error,
            })
          }
        }
      }
    },
    { maxItemsPerSession: 10_000 },
  )
}
