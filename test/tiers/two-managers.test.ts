import { beforeEach, describe, expect, it } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, contents, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'

async function history(memory: TieredStorageManager, read: 'cached' | 'strong' = 'cached'): Promise<string[]> {
  return contents(await memory.getConversationHistory({ ...CHAT, read }))
}

describe('two managers on one SQLite file', () => {
  let place: Place
  let a: TieredStorageManager
  let b: TieredStorageManager

  beforeEach(async () => {
    place = emptyPlace('sqlite')
    a = place.open({ tailMaxItems: 10 })
    b = place.open({ tailMaxItems: 10 })
    await addAll(a, ['one'])
    await history(b)
    await history(b)
  })

  it('see what the other one adds within 100 ms, and at once when they ask for it', async () => {
    await addAll(a, ['two'])
    expect(await history(b, 'strong')).toEqual(['one', 'two'])
    await addAll(a, ['three'])
    place.clock.advance(100)
    expect(await history(b)).toEqual(['one', 'two', 'three'])
  })

  it('see an item by its id in the same time', async () => {
    const [id] = await addAll(a, ['two'])
    expect((await b.getMemoryItem(id!, { read: 'strong' }))?.content).toBe('two')
    const [next] = await addAll(a, ['three'])
    place.clock.advance(100)
    expect((await b.getMemoryItem(next!))?.content).toBe('three')
  })

  it('read their own adds at once, and each their answer after what they read', async () => {
    await addAll(a, ['two'])
    await history(b, 'strong')
    await addAll(b, ['three'])
    expect(await history(b)).toEqual(['one', 'two', 'three'])
    expect(await history(a, 'strong')).toEqual(['one', 'two', 'three'])
  })

  it('never show a gap: an add of ours after one of theirs brings both', async () => {
    await addAll(a, ['two'])
    await addAll(b, ['three'])
    expect((await history(b)).toSorted()).toEqual(['one', 'three', 'two'])
  })

  it('add the same keyed item once', async () => {
    const item = message('keyed', { idempotencyKey: 'k', createdAt: place.clock.now() })
    const ids = await Promise.all([a.addMemoryItem(item), b.addMemoryItem(item), a.addMemoryItem(item)])
    expect(new Set(ids).size).toBe(1)
    for (const memory of [a, b]) expect((await history(memory, 'strong')).sort()).toEqual(['keyed', 'one'])
  })

  it('seal, archive and bring back at once without losing anything', async () => {
    const adding = [a, b].flatMap((memory, who) =>
      numbered(60).map((content) => memory.addMemoryItem(message(`${who}${content}`))),
    )
    const moving = [a, b].flatMap((memory) => [
      memory.demote(CHAT, 'warm'),
      memory.demote(CHAT),
      memory.promote(CHAT),
      memory.runMigration(),
      memory.demote(CHAT),
    ])
    await Promise.all([...adding, ...moving])
    const all = await history(a, 'strong')
    expect(all).toHaveLength(121)
    for (const who of [0, 1]) {
      // Each one's own adds keep the order of its calls.
      expect(all.filter((content) => content.startsWith(`${who}m`))).toEqual(
        numbered(60).map((name) => `${who}${name}`),
      )
    }
    await a.demote(CHAT)
    expect(await history(b, 'strong')).toEqual(all)
  })
})

describe('two managers that share a store object', () => {
  it.each(PLACES.slice(0, 1))('on %s see what the other one does at once', async (kind) => {
    const place = emptyPlace(kind)
    const [a, b] = [place.open(), place.open()]
    await addAll(a, ['one'])
    expect(await history(b)).toEqual(['one'])
    await addAll(a, ['two'])
    expect(await history(b)).toEqual(['one', 'two'])
    await addAll(b, ['three'])
    expect(await history(a)).toEqual(['one', 'two', 'three'])
    await b.demote(CHAT)
    expect((await a.getConversationHistory(CHAT)).map(({ tier }) => tier)).toEqual(['cold', 'cold', 'cold'])
    await a.close()
    await addAll(b, ['four'])
    expect(await history(b)).toEqual(['one', 'two', 'three', 'four'])
  })
})
