import { describe, expect, it } from 'vitest'
import { type DurableFault, type FaultPlan, faultyDurableStore, randomFaults } from '../../src/testing/index.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, collect, contents, DAY_MS, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'
import { Chance } from '../support/random.ts'

describe.each(PLACES)('a store on %s whose replies get lost', (kind) => {
  function faulty(place: Place, plan: FaultPlan<DurableFault>): TieredStorageManager {
    return place.open({
      stores: { durable: faultyDurableStore(place.store(), plan), hot: place.hot() },
      tailMaxItems: 8,
    })
  }

  it('stores an add once, though its reply was lost twice', async () => {
    const place = emptyPlace(kind)
    const memory = faulty(place, ({ operation, call }) => (operation === 'append' && call <= 2 ? 'lose-reply' : 'none'))
    await addAll(memory, ['one'])
    await addAll(memory, ['two'])
    for (const reader of [memory, place.open()])
      expect(contents(await reader.getConversationHistory(CHAT))).toEqual(['one', 'two'])
  })

  it('says that an add failed after three tries, and shows it if it was stored all the same', async () => {
    const place = emptyPlace(kind)
    const memory = faulty(place, ({ operation, call }) =>
      operation === 'append' && call > 1 && call <= 4 ? 'lose-reply' : 'none',
    )
    await addAll(memory, ['one'])
    await memory.getConversationHistory(CHAT)
    await expect(memory.addMemoryItem(message('two'))).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    await addAll(memory, ['three'])
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['one', 'two', 'three'])
  })

  it('seals once, though the reply was lost', async () => {
    const place = emptyPlace(kind)
    const memory = faulty(place, ({ operation }) => (operation === 'commit' ? 'lose-reply' : 'none'))
    for (const content of numbered(40)) await addAll(memory, [content])
    expect(await memory.demote(CHAT)).toBe(true)
    expect(await memory.demote(CHAT)).toBe(false)
    for (const reader of [memory, place.open()])
      expect(contents(await reader.getConversationHistory(CHAT))).toEqual(numbered(40))
  })

  it('takes an append that lands late, after the tail was sealed, for what it is', async () => {
    const place = emptyPlace(kind)
    const durable = faultyDurableStore(place.store(), ({ operation, call }) =>
      operation === 'append' && call === 2 ? 'ghost' : 'none',
    )
    const memory = place.open({ stores: { durable, hot: place.hot() } })
    await addAll(memory, ['one'])
    await addAll(memory, ['two'])
    await memory.demote(CHAT, 'warm')
    await durable.ghosts.release()
    expect(contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual(['one', 'two'])
    await memory.demote(CHAT)
    expect(contents(await place.open().getConversationHistory(CHAT))).toEqual(['one', 'two'])
  })

  it.each([1, 2, 3, 4, 5])('keeps what it acknowledged, and all in order, at random faults (seed %i)', async (seed) => {
    const place = emptyPlace(kind)
    const kinds: readonly DurableFault[] = ['refuse', 'lose-reply']
    const memory = faulty(place, randomFaults({ seed, rate: 0.2, kinds }))
    const chance = new Chance(seed)
    const acknowledged: string[] = []
    for (let i = 0; i < 150; i++) {
      const id = await memory.addMemoryItem(message(`m${i}`)).catch(() => undefined)
      if (id !== undefined) acknowledged.push(id)
      if (chance.of(0.1)) await memory.demote(CHAT, chance.pick(['warm', 'cold'])).catch(() => undefined)
      if (chance.of(0.1)) await memory.promote(CHAT).catch(() => undefined)
      if (chance.of(0.1)) await memory.runMigration().catch(() => undefined)
      if (chance.of(0.2)) await memory.getConversationHistory(CHAT).catch(() => undefined)
      if (chance.of(0.1)) place.clock.advance(DAY_MS)
    }
    const items = await place.open().getConversationHistory(CHAT)
    const ids = items.map(({ id }) => id)
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([])
    expect(new Set(contents(items)).size).toBe(items.length)
    expect(contents(items).map((name) => Number(name.slice(1)))).toEqual(
      contents(items)
        .map((name) => Number(name.slice(1)))
        .sort((a, b) => a - b),
    )
    expect(contents(await collect(place.open().iterateConversationHistory(CHAT)))).toEqual(contents(items))
  })
})
