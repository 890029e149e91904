import { beforeEach, describe, expect, it } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, collect, contents, MINUTE_MS, message } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'

type Move = 'tail' | 'warm' | 'cold'

describe.each(PLACES)('what is sent again or comes late on %s', (kind) => {
  let place: Place
  let memory: TieredStorageManager
  let startedAt: number

  beforeEach(() => {
    place = emptyPlace(kind)
    memory = place.open()
    startedAt = place.clock.now()
    place.clock.advance(10 * MINUTE_MS)
  })

  const keyed = (name: string, minute: number) =>
    message(name, { idempotencyKey: name, createdAt: startedAt + minute * MINUTE_MS })

  async function move(to: Move): Promise<void> {
    if (to !== 'tail') await memory.demote(CHAT, to)
  }

  /** The session by every way to read it, by this manager and by one that has just come. */
  async function expectHistory(expected: readonly string[]): Promise<void> {
    for (const reader of [memory, place.open()]) {
      expect(contents(await reader.getConversationHistory(CHAT))).toEqual(expected)
      expect(contents(await reader.getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual(expected)
      expect(contents(await reader.getConversationHistory({ ...CHAT, limit: 1 }))).toEqual(expected.slice(-1))
      expect(contents(await collect(reader.iterateConversationHistory(CHAT)))).toEqual(expected)
      const newest = await collect(reader.iterateConversationHistory({ ...CHAT, order: 'newest' }))
      expect(contents(newest)).toEqual([...expected].reverse())
    }
  }

  it.each<Move>(['tail', 'warm', 'cold'])('is there once, though sent again when it lay in the %s', async (to) => {
    const items = [keyed('a', 1), keyed('b', 2), keyed('c', 3)]
    const ids = await memory.addMemoryItems(items)
    await move(to)
    expect(await memory.addMemoryItems(items)).toEqual(ids)
    expect(await place.open().addMemoryItem(items[1]!)).toBe(ids[1])
    await expectHistory(['a', 'b', 'c'])
    // And once more after what was sent again has been folded in.
    await memory.demote(CHAT)
    await expectHistory(['a', 'b', 'c'])
    expect((await memory.getMemoryItem(ids[1]!))?.content).toBe('b')
  })

  it.each<Move>(['tail', 'warm', 'cold'])(
    'comes late to its place in the %s, before and after it is folded in',
    async (to) => {
      await memory.addMemoryItems([keyed('b', 2), keyed('d', 4)])
      await move(to)
      const late = await memory.addMemoryItems([keyed('c', 3), keyed('a', 1)])
      await expectHistory(['a', 'b', 'c', 'd'])
      expect((await memory.getMemoryItem(late[0]!))?.content).toBe('c')
      await memory.demote(CHAT, 'warm')
      await expectHistory(['a', 'b', 'c', 'd'])
      await memory.demote(CHAT)
      await expectHistory(['a', 'b', 'c', 'd'])
      await memory.promote(CHAT)
      await expectHistory(['a', 'b', 'c', 'd'])
    },
  )

  it('does not come back after it was deleted', async () => {
    const items = [keyed('a', 1), keyed('b', 2), keyed('c', 3)]
    const ids = await memory.addMemoryItems(items)
    await memory.demote(CHAT, 'warm')
    expect(await memory.deleteMemoryItem(ids[1]!)).toBe(true)
    memory = place.open()
    await expectHistory(['a', 'c'])
    await memory.addMemoryItems(items)
    await expectHistory(['a', 'c'])
    expect(await memory.getMemoryItem(ids[1]!, { read: 'strong' })).toBeUndefined()
    await memory.demote(CHAT)
    await memory.addMemoryItems(items)
    await expectHistory(['a', 'c'])
    await memory.promote(CHAT)
    await expectHistory(['a', 'c'])
  })

  it('keeps the content that came first', async () => {
    const id = await memory.addMemoryItem(keyed('a', 1))
    const changed = { ...keyed('a', 1), content: 'changed' }
    expect(await memory.addMemoryItem(changed)).toBe(id)
    await memory.demote(CHAT)
    await memory.addMemoryItem(changed)
    await memory.demote(CHAT)
    await expectHistory(['a'])
  })

  it('is another item with another time or key', async () => {
    await memory.addMemoryItems([keyed('a', 1), { ...keyed('a', 2), content: 'later' }])
    await expectHistory(['a', 'later'])
    await expect(memory.addMemoryItem(message('x', { idempotencyKey: 'x' }))).rejects.toMatchObject({
      code: 'INVALID_ITEM',
    })
  })

  it('is followed by what is added after it, whatever the clock says', async () => {
    await memory.addMemoryItem(message('early', { idempotencyKey: 'k', createdAt: place.clock.now() + 4 * MINUTE_MS }))
    await addAll(memory, ['reply'])
    await expectHistory(['early', 'reply'])
  })

  it('is followed by what is added after it was read', async () => {
    await memory.addMemoryItem(message('early', { idempotencyKey: 'k', createdAt: place.clock.now() + 4 * MINUTE_MS }))
    await memory.demote(CHAT, 'warm')
    await memory.addMemoryItem(keyed('late', 1))
    memory = place.open()
    await memory.getConversationHistory(CHAT)
    await addAll(memory, ['reply'])
    await expectHistory(['late', 'early', 'reply'])
  })

  it('keeps the order of adds when the clock steps back', async () => {
    await addAll(memory, ['one'])
    place.clock.set(startedAt - 60 * MINUTE_MS)
    await addAll(memory, ['two'])
    place.clock.set(startedAt + 60 * MINUTE_MS)
    await addAll(memory, ['three'])
    await expectHistory(['one', 'two', 'three'])
  })

  it('sorts after the item that it names, though its maker never read that', async () => {
    const first = await memory.addMemoryItem(message('first'))
    place.clock.set(startedAt + 8 * MINUTE_MS)
    const other = place.open()
    await other.addMemoryItem(message('second', { after: first }))
    expect(contents(await place.open().getConversationHistory(CHAT))).toEqual(['first', 'second'])
    const elsewhere = await memory.addMemoryItem(message('elsewhere', { sessionId: 'other' }))
    await expect(memory.addMemoryItem(message('x', { after: elsewhere }))).rejects.toMatchObject({
      code: 'OUT_OF_SCOPE',
    })
  })
})
