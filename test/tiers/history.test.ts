import { beforeEach, describe, expect, it } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import type { HistoryQuery } from '../../src/tiers/reading/history-query.ts'
import { addAll, CHAT, collect, contents, MINUTE_MS, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'

describe.each(PLACES)('a history on %s', (kind) => {
  let place: Place
  let memory: TieredStorageManager

  beforeEach(() => {
    place = emptyPlace(kind)
    memory = place.open({ tailMaxItems: 8 })
  })

  async function history(query: HistoryQuery = {}): Promise<string[]> {
    return contents(await memory.getConversationHistory({ ...CHAT, ...query }))
  }

  it('is all of a session, oldest first, by default', async () => {
    await addAll(memory, numbered(30))
    await memory.addMemoryItem(message('elsewhere', { sessionId: 'other' }))
    await memory.addMemoryItem(message('by another', { userId: 'bob' }))
    await memory.addMemoryItem(message('of another tenant', { tenantId: 'acme' }))
    expect(await history()).toEqual(numbered(30))
    expect(await history({ read: 'strong' })).toEqual(numbered(30))
  })

  it('is empty for a session that nobody wrote to', async () => {
    expect(await history()).toEqual([])
    expect(await history({ limit: 5, read: 'strong' })).toEqual([])
    expect(await collect(memory.iterateConversationHistory(CHAT))).toEqual([])
  })

  it.each<[HistoryQuery, readonly string[]]>([
    [{ limit: 3 }, ['m28', 'm29', 'm30']],
    [{ limit: 3, from: 'oldest' }, ['m1', 'm2', 'm3']],
    [{ limit: 3, order: 'newest' }, ['m30', 'm29', 'm28']],
    [{ limit: 3, from: 'oldest', order: 'newest' }, ['m3', 'm2', 'm1']],
    [{ limit: 1 }, ['m30']],
    [{ limit: 1000 }, numbered(30)],
    [{ order: 'newest' }, numbered(30).reverse()],
  ])('with %o is counted from the end that was asked for', async (query, expected) => {
    await addAll(memory, numbered(30))
    for (const read of ['strong', 'cached', 'cached'] as const)
      expect(await history({ ...query, read })).toEqual(expected)
  })

  it('begins after one item and ends before another, both left out', async () => {
    const ids = await addAll(memory, numbered(30))
    expect(await history({ after: ids[4]!, before: ids[8]! })).toEqual(['m6', 'm7', 'm8'])
    expect(await history({ after: ids[27]! })).toEqual(['m29', 'm30'])
    expect(await history({ before: ids[2]! })).toEqual(['m1', 'm2'])
    expect(await history({ after: ids[4]!, limit: 2, from: 'oldest' })).toEqual(['m6', 'm7'])
    expect(await history({ before: ids[20]!, limit: 2 })).toEqual(['m19', 'm20'])
    expect(await history({ after: ids[29]! })).toEqual([])
    expect(await history({ after: ids[8]!, before: ids[4]! })).toEqual([])
  })

  it('begins at a time and ends before another', async () => {
    const times: Date[] = []
    for (const content of numbered(12)) {
      times.push(new Date(place.clock.now()))
      await memory.addMemoryItem(message(content))
      place.clock.advance(MINUTE_MS)
    }
    expect(await history({ after: times[9]! })).toEqual(['m10', 'm11', 'm12'])
    expect(await history({ before: times[2]! })).toEqual(['m1', 'm2'])
    expect(await history({ after: times[3]!, before: times[5]! })).toEqual(['m4', 'm5'])
  })

  it('grows with each add, whether the copy in the process reaches back to its beginning or not', async () => {
    await addAll(memory, numbered(3))
    expect(await history({ limit: 2 })).toEqual(['m2', 'm3'])
    await addAll(memory, ['m4'])
    expect(await history({ limit: 2 })).toEqual(['m3', 'm4'])
    expect(await history()).toEqual(numbered(4))
    await addAll(memory, ['m5'])
    expect(await history()).toEqual(numbered(5))
  })

  it('is the same for a manager that opens the place later', async () => {
    if (kind === 'sqlite') await memory.initialize()
    await addAll(memory, numbered(30))
    await memory.close()
    memory = place.open()
    expect(await history()).toEqual(numbered(30))
  })

  it('is refused in plain words where the question is wrong', async () => {
    const [id] = await addAll(memory, ['m1'])
    const other = await memory.addMemoryItem(message('elsewhere', { sessionId: 'other' }))
    const refused = async (query: Record<string, unknown>, code: string): Promise<void> => {
      await expect(memory.getConversationHistory({ ...CHAT, ...query })).rejects.toMatchObject({ code })
      await expect(collect(memory.iterateConversationHistory({ ...CHAT, ...query }))).rejects.toMatchObject({ code })
    }
    for (const limit of [0, -1, 1.5, Number.NaN, '5']) await refused({ limit }, 'INVALID_ARGUMENT')
    await refused({ from: 'start' }, 'INVALID_ARGUMENT')
    await refused({ order: 'asc' }, 'INVALID_ARGUMENT')
    await refused({ read: 'fast' }, 'INVALID_ARGUMENT')
    await refused({ after: new Date(Number.NaN) }, 'INVALID_ARGUMENT')
    await refused({ before: `${id}x` }, 'INVALID_ID')
    await refused({ after: other }, 'OUT_OF_SCOPE')
    await refused({ sessionId: '' }, 'INVALID_ID')
    await refused({ userId: 'a\nb' }, 'INVALID_ID')
  })

  it('is refused whole where it is longer than an answer may be, and can be read item by item', async () => {
    memory = place.open({ maxHistoryItems: 20 })
    await addAll(memory, numbered(30))
    await expect(history()).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' })
    expect(await history({ limit: 20 })).toEqual(numbered(20, 11))
    expect(await collect(memory.iterateConversationHistory(CHAT))).toHaveLength(30)
  })

  it('keeps the newest items apart from latecomers when its copy holds none of them', async () => {
    const [newest] = await addAll(memory, ['newest'])
    await memory.demote(CHAT, 'warm')
    await memory.getMemoryItem(newest!)
    await memory.addMemoryItem(message('late', { idempotencyKey: 'k', createdAt: place.clock.now() - MINUTE_MS }))
    expect(await history({ limit: 1 })).toEqual(['newest'])
    expect(await history()).toEqual(['late', 'newest'])
  })

  it('keeps the rest of a tail when the newest items of it have expired', async () => {
    memory = place.open({ tailMaxItems: 500 })
    await addAll(memory, numbered(150))
    await addAll(memory, ['short-lived'], { expiresAt: place.clock.now() + 1 })
    place.clock.advance(1)
    expect(await history({ limit: 50 })).toEqual(numbered(50, 101))
    expect(await history()).toEqual(numbered(150))
  })
})
