import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, contents, DAY_MS, MINUTE_MS, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'
import { withCalls } from '../support/watched-store.ts'

// What random programs have found, each as the shortest program that showed it.
describe.each(PLACES)('found by random programs, on %s', (kind) => {
  let place: Place
  let memory: TieredStorageManager

  beforeEach(() => {
    place = emptyPlace(kind)
    memory = place.open()
  })

  const history = async (): Promise<string[]> =>
    contents(await place.open().getConversationHistory({ ...CHAT, read: 'strong' }))

  it('what is added after an item of another manager was changed sorts after that item', async () => {
    const ids = await addAll(memory, numbered(9))
    const other = place.open()
    await other.updateMemoryItem(ids[8]!, { content: 'changed' })
    // In the same millisecond: only what it was told keeps the order.
    await addAll(other, ['after'])
    expect((await history()).slice(-2)).toEqual(['changed', 'after'])
  })

  it('a sweep of everything leaves the second pass of an erase to its time', async () => {
    await addAll(memory, numbered(3))
    const { id } = await memory.eraseUser({ userId: 'ada' })
    place.clock.advance(MINUTE_MS)
    await memory.runMigration({ all: true })
    expect(await memory.getEraseReceipt(id)).toMatchObject({ final: false, userId: 'ada' })
    place.clock.advance(20 * MINUTE_MS)
    await memory.runMigration()
    expect(await memory.getEraseReceipt(id)).toMatchObject({ final: true })
  })

  it('the second pass of an erase leaves a session that was only named since', async () => {
    await memory.eraseUser({ userId: 'ada' })
    place.clock.advance(1)
    await memory.updateSession({ ...CHAT, metadata: { title: 'a new life' } })
    place.clock.advance(20 * MINUTE_MS)
    await memory.runMigration()
    expect(await memory.getSession(CHAT)).toMatchObject({ items: 0, metadata: { title: 'a new life' } })
  })

  it('a session counts its items right after one that came late was deleted', async () => {
    await addAll(memory, numbered(3))
    await memory.demote(CHAT, 'warm')
    const createdAt = place.clock.now() - DAY_MS
    const late = await memory.addMemoryItem(message('late', { idempotencyKey: 'k', createdAt }))
    expect(await memory.getSession(CHAT)).toMatchObject({ items: 4 })
    await memory.deleteMemoryItem(late)
    expect(await memory.getSession(CHAT)).toMatchObject({ items: 3 })
    await memory.runMigration()
    expect(await memory.getSession(CHAT)).toMatchObject({ items: 3 })
    expect(await history()).toEqual(numbered(3))
  })

  describe('a deleted item stays deleted, however often it is added again,', () => {
    const keyed = () => message('deleted', { idempotencyKey: 'k', createdAt: place.clock.now() })

    async function expectGone(item: ReturnType<typeof keyed>): Promise<void> {
      await memory.addMemoryItem(item).catch((error: unknown) => expect(error).toMatchObject({ code: 'ERASED' }))
      expect(await history()).not.toContain('deleted')
    }

    it('where all else of its session was kept long enough', async () => {
      await addAll(memory, ['old'])
      await memory.updateSession({ ...CHAT, retentionDays: 4 })
      place.clock.advance(3 * DAY_MS)
      const item = keyed()
      await memory.deleteMemoryItem(await memory.addMemoryItem(item))
      place.clock.advance(2 * DAY_MS)
      await memory.runMigration()
      await expectGone(item)
    })

    it('where the second pass of an erase finds nothing else in its session', async () => {
      await memory.eraseUser({ userId: 'ada' })
      place.clock.advance(1)
      const item = keyed()
      await memory.deleteMemoryItem(await memory.addMemoryItem(item))
      place.clock.advance(20 * MINUTE_MS)
      await memory.runMigration()
      await expectGone(item)
    })

    it('where its session is deleted by a clock that has stepped back', async () => {
      await addAll(memory, ['m1'])
      place.clock.advance(MINUTE_MS)
      const item = keyed()
      await memory.deleteMemoryItem(await memory.addMemoryItem(item))
      place.clock.set(place.clock.now() - MINUTE_MS)
      await memory.deleteSession(CHAT)
      await expectGone(item)
    })
  })

  it('a fork into a session that was deleted is refused, and nothing else happens', async () => {
    const slow = emptyPlace(kind, (store) =>
      withCalls(store, () => ({ getSegment: (...args) => turn().then(() => store.getSegment(...args)) })),
    )
    memory = slow.open({ segmentCacheMaxBytes: 0, inProcess: { maxBytes: 0 } })
    for (const content of numbered(3)) {
      await addAll(memory, [content])
      await memory.demote(CHAT, 'warm')
    }
    expect(await memory.forkSession({ ...CHAT, toSessionId: 'fork' })).toBe(3)
    await memory.deleteSession({ ...CHAT, sessionId: 'fork' })
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    await expect(memory.forkSession({ ...CHAT, toSessionId: 'fork' })).rejects.toMatchObject({ code: 'ERASED' })
    await turn()
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it('an add that is refused as erased leaves updatedAt as it was', async () => {
    const createdAt = place.clock.now()
    await addAll(memory, ['m1'])
    await memory.deleteSession(CHAT)
    const old = createdAt - DAY_MS
    await memory.addMemoryItem(message('of old', { createdAt: old }))
    const late = memory.addMemoryItem(message('late', { idempotencyKey: 'k', createdAt }))
    await expect(late).rejects.toMatchObject({ code: 'ERASED' })
    expect(await memory.getSession(CHAT)).toMatchObject({ items: 1, createdAt: old, updatedAt: old })
  })
})
