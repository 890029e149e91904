import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { COLD_HEAT } from '../../src/memory/heat.ts'
import type { SegmentRef } from '../../src/memory/record.ts'
import { identifySession } from '../../src/memory/session.ts'
import { firstStampAt } from '../../src/memory/stamp.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import { CHAT, contents, DAY_MS, message } from '../support/items.ts'
import { emptyPlace, type Place, type Wrap } from '../support/memories.ts'
import { withCalls } from '../support/watched-store.ts'

const MIB = 1024 * 1024
const ITEMS = 60
/** Of base-64, which no codec makes smaller than three quarters: 20 MiB in all as stored. */
const ITEM_CHARS = 480_000

/** Weighs what each commit removes, and dies after so many commits that remove something. */
class Scales {
  readonly #sizes = new Map<string, number>()
  readonly removed: number[] = []
  diesAfter = Number.POSITIVE_INFINITY

  readonly wrap: Wrap = (store) =>
    withCalls(store, (target) => ({ commit: (...args) => this.#commit(target, ...args) }))

  get stored(): number {
    return [...this.#sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
  }

  async #commit(store: DurableStore, ...args: Parameters<DurableStore['commit']>): ReturnType<DurableStore['commit']> {
    if (this.removed.length >= this.diesAfter) throw new Error('dead')
    const [key, , { put = [], remove = [], bury }] = args
    const result = await store.commit(...args)
    if (result.kind === 'conflict') return result
    for (const { id, bytes } of put) this.#sizes.set(key + id, bytes.byteLength)
    const all = [...this.#sizes.keys()].filter((name) => name.startsWith(key))
    const gone = bury === true ? all : remove.map((id) => key + id)
    const bytes = gone.reduce((sum, name) => sum + (this.#sizes.get(name) ?? 0), 0)
    for (const name of gone) this.#sizes.delete(name)
    if (bytes > 0) this.removed.push(bytes)
    return result
  }
}

describe.each(['in-process', 'sqlite'] as const)('removing a session of 20 MiB on %s', (kind) => {
  async function largeSession(): Promise<{ readonly place: Place; readonly scales: Scales }> {
    const scales = new Scales()
    const place = emptyPlace(kind, scales.wrap)
    const memory = place.open()
    for (let i = 0; i < ITEMS; i++) {
      place.clock.advance(1000)
      await memory.addMemoryItem(message(`${i} ${randomBytes((ITEM_CHARS * 3) / 4).toString('base64')}`))
    }
    place.clock.advance(1000)
    await memory.demote(CHAT, 'warm')
    expect(scales.stored).toBeGreaterThan(20 * MIB)
    scales.removed.length = 0
    return { place, scales }
  }

  /** What a commit deletes counts toward its size, which a store bounds. */
  function expectSmallCommits({ removed }: Scales): void {
    expect(removed.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(20 * MIB)
    expect(Math.max(...removed)).toBeLessThan(5 * MIB)
  }

  async function expectGone(place: Place): Promise<void> {
    const { key } = identifySession(CHAT)
    const store = place.store()
    await store.open()
    expect(await store.load(key)).toBeUndefined()
    if (kind !== 'in-process') await store.close()
  }

  it('takes several commits for a deletion, and ends with nothing', async () => {
    const { place, scales } = await largeSession()
    expect(await place.open().deleteSession(CHAT)).toBe(true)
    expectSmallCommits(scales)
    expect(scales.stored).toBe(0)
    await expectGone(place)
  })

  it('takes as many commits as there are segments, however many', async () => {
    const place = emptyPlace(kind)
    await place.open().addMemoryItem(message('one'))
    const session = identifySession(CHAT)
    const store = place.store()
    await store.open()
    const { fence, n, reviewAt } = (await store.load(session.key, { withFence: true }))!
    // Nobody reads them: what is erased goes by what its reference says.
    const segments = Array.from({ length: 60 }, (_, i): SegmentRef => {
      const stamp = firstStampAt(1000 + i)
      const sizes = { items: 1, rawBytes: 4 * MIB, bytes: 3 * MIB }
      return {
        id: `${i}`.padStart(13, '0'),
        kind: 'page',
        first: stamp,
        last: stamp,
        ...sizes,
        newestAt: 1,
        heat: COLD_HEAT,
      }
    })
    const put = segments.map(({ id }) => ({ id, bytes: new Uint8Array(1) }))
    expect(await store.commit(session.key, fence!, { n, nextFence: 'another', segments, put, reviewAt })).toEqual({
      kind: 'committed',
    })
    if (kind !== 'in-process') await store.close()
    const { removed } = await place.open().eraseUser({ userId: 'ada' })
    expect(removed).toEqual({ sessions: 1, items: 61, segments: 60 })
    await expectGone(place)
  })

  it('counts each item once for a user that is erased', async () => {
    const { place, scales } = await largeSession()
    const receipt = await place.open().eraseUser({ userId: 'ada' })
    expect(receipt.removed).toMatchObject({ sessions: 1, items: ITEMS })
    expectSmallCommits(scales)
    await expectGone(place)
  })

  it('hides all of it with the first commit, and a sweep goes on where a process died', async () => {
    const { place, scales } = await largeSession()
    scales.diesAfter = 1
    await expect(place.open().deleteSession(CHAT)).rejects.toThrow('dead')
    scales.diesAfter = Number.POSITIVE_INFINITY
    expect(scales.stored).toBeGreaterThan(10 * MIB)
    const memory = place.open()
    expect(await memory.getConversationHistory({ ...CHAT, read: 'strong' })).toEqual([])
    expect(await memory.getSession(CHAT)).toMatchObject({ items: 0 })
    expect(await memory.runMigration()).toMatchObject({ sessions: 1, failed: 0 })
    expect(scales.stored).toBe(0)
    expectSmallCommits(scales)
    await expectGone(place)
  })

  it('removes all but what is kept longer, in one sweep', async () => {
    const { place, scales } = await largeSession()
    place.clock.advance(29 * DAY_MS)
    const memory = place.open({ retentionDays: 30 })
    await memory.addMemoryItem(message('new'))
    place.clock.advance(3 * DAY_MS)
    await memory.runMigration()
    expectSmallCommits(scales)
    expect(contents(await place.open().getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual(['new'])
    expect(await memory.getSession(CHAT)).toMatchObject({ items: 1 })
  })
})
