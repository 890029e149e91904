import { beforeEach, describe, expect, it } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, collect, contents, DAY_MS, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'

describe.each(PLACES)('changing what is stored, on %s', (kind) => {
  let place: Place
  let memory: TieredStorageManager

  beforeEach(() => {
    place = emptyPlace(kind)
    memory = place.open()
  })

  /** The session by every way to read it, by this manager and by one that has just come. */
  async function expectHistory(expected: readonly string[]): Promise<void> {
    for (const reader of [memory, place.open()]) {
      for (const read of ['cached', 'strong', 'cached'] as const) {
        expect(contents(await reader.getConversationHistory({ ...CHAT, read }))).toEqual(expected)
      }
      expect(contents(await collect(reader.iterateConversationHistory(CHAT)))).toEqual(expected)
      expect(contents(await reader.getConversationHistory({ ...CHAT, peek: true }))).toEqual(expected)
    }
  }

  const MOVES = {
    'in the tail': async () => undefined,
    'in a page': () => memory.demote(CHAT, 'warm'),
    'in an archive': () => memory.demote(CHAT, 'cold'),
  } as const

  describe.each(Object.entries(MOVES))('an item %s', (_, move) => {
    it('is changed where it stands', async () => {
      const ids = await addAll(memory, numbered(5), { metadata: { a: 1 }, importance: 0.5 })
      await move()
      const before = await memory.getMemoryItem(ids[2]!)
      const after = await memory.updateMemoryItem(ids[2]!, { content: 'new', metadata: { b: 2 }, importance: null })
      expect(after).toMatchObject({ id: ids[2], content: 'new', metadata: { b: 2 }, createdAt: before!.createdAt })
      expect(after).not.toHaveProperty('importance')
      await expectHistory(['m1', 'm2', 'new', 'm4', 'm5'])
      for (const reader of [memory, place.open()]) {
        expect(await reader.getMemoryItem(ids[2]!)).toMatchObject({ content: 'new', metadata: { b: 2 } })
      }
      expect(await memory.runMigration()).toMatchObject({ failed: 0 })
      await expectHistory(['m1', 'm2', 'new', 'm4', 'm5'])
      expect(await place.open().getMemoryItem(ids[2]!)).toMatchObject({ content: 'new', metadata: { b: 2 } })
    })

    it('is changed by what a function makes of it', async () => {
      const [id] = await addAll(memory, ['1'])
      await move()
      const other = place.open()
      const adding = (manager: TieredStorageManager) =>
        manager.updateMemoryItem(id!, ({ content }) => ({ content: String(Number(content) + 1) }))
      await Promise.all([adding(memory), adding(other), adding(memory), adding(other)])
      await expectHistory(['5'])
      expect(await memory.updateMemoryItem(id!, () => undefined)).toMatchObject({ content: '5' })
    })

    it('is deleted for good', async () => {
      const ids = await addAll(memory, numbered(4))
      await move()
      expect(await memory.deleteMemoryItem(ids[1]!)).toBe(true)
      expect(await memory.deleteMemoryItem(ids[1]!)).toBe(false)
      expect(await memory.updateMemoryItem(ids[1]!, { content: 'x' })).toBeUndefined()
      await expectHistory(['m1', 'm3', 'm4'])
      expect(await memory.getMemoryItem(ids[1]!)).toBeUndefined()
      expect(await memory.getSession(CHAT)).toMatchObject({ items: 3 })
      await memory.runMigration()
      await expectHistory(['m1', 'm3', 'm4'])
      expect(await place.open().getMemoryItem(ids[1]!)).toBeUndefined()
      expect(await memory.getSession(CHAT)).toMatchObject({ items: 3 })
    })

    it('is popped, the newest first, until there is none', async () => {
      await addAll(memory, numbered(3))
      await move()
      expect(await memory.popMemoryItem(CHAT)).toMatchObject({ content: 'm3' })
      await addAll(memory, ['m4'])
      expect(await place.open().popMemoryItem(CHAT)).toMatchObject({ content: 'm4' })
      await expectHistory(['m1', 'm2'])
      expect(await memory.popMemoryItem(CHAT)).toMatchObject({ content: 'm2' })
      expect(await memory.popMemoryItem(CHAT)).toMatchObject({ content: 'm1' })
      expect(await memory.popMemoryItem(CHAT)).toBeUndefined()
      await expectHistory([])
    })

    it('is replaced with the end of the session, if it still ends so', async () => {
      const ids = await addAll(memory, numbered(4))
      await move()
      const items = [
        { content: 'a', contentType: 'summary' },
        { content: 'b', contentType: 'user_message' },
        { content: 'c', contentType: 'user_message' },
      ]
      const added = await memory.replaceConversationEnd({ ...CHAT, expected: ids.slice(2), items })
      expect(added).toHaveLength(3)
      await expectHistory(['m1', 'm2', 'a', 'b', 'c'])
      expect(await memory.replaceConversationEnd({ ...CHAT, expected: ids.slice(2), items })).toBeUndefined()
      expect(await memory.replaceConversationEnd({ ...CHAT, expected: [], items })).toBeUndefined()
      place.clock.advance(1)
      await place.open().addMemoryItem(message('late'))
      // As far as another process may be behind.
      place.clock.advance(100)
      expect(await memory.replaceConversationEnd({ ...CHAT, expected: added!, items: [] })).toBeUndefined()
      await expectHistory(['m1', 'm2', 'a', 'b', 'c', 'late'])
    })

    it('goes with its session, and stays away however often it is sent again', async () => {
      const keyed = message('keyed', { idempotencyKey: 'k', createdAt: place.clock.now() })
      await memory.addMemoryItem(keyed)
      const ids = await addAll(memory, numbered(3))
      await move()
      expect(await memory.deleteSession(CHAT)).toBe(true)
      await expectHistory([])
      for (const id of ids) expect(await memory.getMemoryItem(id)).toBeUndefined()
      expect(await memory.getSession(CHAT)).toBeUndefined()
      expect(await memory.listSessions({ userId: 'ada' })).toEqual({ sessions: [] })
      await expect(memory.addMemoryItem(keyed)).rejects.toMatchObject({ code: 'ERASED' })
      expect(await memory.getSession(CHAT), 'what is erased brings nothing back').toBeUndefined()
      expect(await memory.deleteSession(CHAT)).toBe(false)
      await addAll(memory, ['a new life'])
      await expectHistory(['a new life'])
      expect(await memory.getSession(CHAT)).toMatchObject({ items: 1 })
    })

    it('is copied by a fork', async () => {
      const ids = await addAll(memory, numbered(5))
      await memory.updateSession({ ...CHAT, metadata: { title: 'first' } })
      await memory.deleteMemoryItem(ids[0]!)
      await move()
      await memory.updateMemoryItem(ids[1]!, { content: 'changed' })
      const fork = { userId: 'ada', sessionId: 'fork' }
      expect(await memory.forkSession({ ...CHAT, toSessionId: 'fork', upTo: ids[3]! })).toBe(3)
      expect(await memory.forkSession({ ...CHAT, toSessionId: 'fork', upTo: ids[3]! })).toBe(3)
      const copied = await place.open().getConversationHistory(fork)
      expect(contents(copied)).toEqual(['changed', 'm3', 'm4'])
      const originals = await memory.getConversationHistory(CHAT)
      expect(copied.map(({ createdAt }) => createdAt)).toEqual(originals.slice(0, 3).map(({ createdAt }) => createdAt))
      expect(await memory.getSession(fork)).toMatchObject({ metadata: { title: 'first' }, items: 3 })
      await memory.addMemoryItem({ ...fork, content: 'own', contentType: 'note' })
      await expect(memory.forkSession({ ...CHAT, toSessionId: 'fork' })).rejects.toMatchObject({ code: 'CONFLICT' })
      await expectHistory(['changed', 'm3', 'm4', 'm5'])
    })
  })

  it('can be put in the place of the end again as it was read', async () => {
    const [first, second] = await addAll(memory, numbered(2))
    const kept = await memory.getConversationHistory({ ...CHAT, limit: 1 })
    const items = [{ content: 'between', contentType: 'note' }, ...kept]
    expect(await memory.replaceConversationEnd({ ...CHAT, expected: [second!], items })).toHaveLength(2)
    await expectHistory(['m1', 'between', 'm2'])
    expect(await memory.getMemoryItem(first!)).toMatchObject({ content: 'm1' })
  })

  it('is all there after compacting', async () => {
    await addAll(memory, numbered(300))
    await memory.demote(CHAT)
    await memory.compact()
    await expectHistory(numbered(300))
  })

  it('needs no more names within a scope', async () => {
    await addAll(memory, numbered(3))
    const scope = memory.scoped({ userId: 'ada' })
    expect((await scope.listSessions()).sessions).toHaveLength(1)
    expect(await scope.getTierCounts()).toMatchObject({ hot: { items: 3 } })
    expect((await scope.searchMemory({ query: 'm2' })).hits).toHaveLength(1)
    expect((await scope.eraseUser()).removed.items).toBe(3)
    expect((await scope.listSessions()).sessions).toEqual([])
  })

  it('folds edits of any size before they weigh on the record', async () => {
    const ids = await addAll(memory, numbered(20))
    await memory.demote(CHAT, 'warm')
    const long = 'x'.repeat(100_000)
    await memory.updateMemoryItem(ids[3]!, { content: long })
    await addAll(memory, ['tail'])
    for (const id of ids.slice(5)) await memory.deleteMemoryItem(id)
    await expectHistory(['m1', 'm2', 'm3', long, 'm5', 'tail'])
    const store = place.store()
    await store.open()
    const { items } = (await store.list({ tenantId: 'default', userId: 'ada' }, undefined, 1)).sessions[0]!
    expect(items).toBe(6)
  })

  it('keeps deleting and editing cheap for the record, however much of it there is', async () => {
    const ids = await addAll(memory, numbered(600))
    for (const id of ids.slice(0, 500)) await memory.deleteMemoryItem(id)
    await expectHistory(numbered(100, 501))
    await memory.runMigration()
    await expectHistory(numbered(100, 501))
  })

  it('lists sessions by page, with what is said of them', async () => {
    for (const [i, sessionId] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      place.clock.advance(1000)
      await memory.addMemoryItem(message(`in ${sessionId}`, { sessionId }))
      await memory.updateSession({ userId: 'ada', sessionId, metadata: { i } })
    }
    await memory.addMemoryItem({ ...message('not hers'), userId: 'bea' })
    const first = await memory.listSessions({ userId: 'ada', limit: 3 })
    const second = await memory.listSessions({ userId: 'ada', limit: 3, cursor: first.cursor! })
    const all = [...first.sessions, ...second.sessions]
    expect(all.map(({ sessionId }) => sessionId)).toEqual(['e', 'd', 'c', 'b', 'a'])
    expect(all.map(({ metadata }) => metadata)).toEqual([4, 3, 2, 1, 0].map((i) => ({ i })))
    expect(second.cursor).toBeUndefined()
    const everyone = await collect(memory.iterateSessions())
    expect(everyone).toHaveLength(6)
    expect(await collect(memory.iterateSessions({ userId: 'bea' }))).toHaveLength(1)
    await expect(memory.listSessions({ userId: 'ada', cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  it('names a session before anything is said in it', async () => {
    expect(await memory.updateSession({ ...CHAT, metadata: { title: 'x' } })).toMatchObject({ items: 0 })
    await memory.updateSession({ ...CHAT, metadata: (old) => ({ ...old, pinned: true }) })
    expect(await memory.getSession(CHAT)).toMatchObject({ metadata: { title: 'x', pinned: true } })
    await memory.updateSession({ ...CHAT, metadata: null })
    expect(await memory.getSession(CHAT)).not.toHaveProperty('metadata')
    await expectHistory([])
  })

  it('gives as many of the newest items as have so many tokens', async () => {
    await addAll(
      memory,
      numbered(300).map((name) => `${name} `.repeat(5)),
    )
    memory = place.open({ tokenCounter: { name: 'tens', exact: true, count: () => 10 } })
    expect(await memory.getConversationHistory({ ...CHAT, maxTokens: 9 })).toHaveLength(0)
    for (const maxTokens of [10, 999, 1000, 2999]) {
      const newest = await memory.getConversationHistory({ ...CHAT, maxTokens })
      expect(newest.map(({ content }) => content.split(' ')[0])).toEqual(
        numbered(300).slice(300 - Math.floor(maxTokens / 10)),
      )
    }
    expect(await memory.getConversationHistory({ ...CHAT, maxTokens: 100_000 })).toHaveLength(300)
    expect(await memory.getConversationHistory({ ...CHAT, maxTokens: 990, limit: 5, from: 'oldest' })).toHaveLength(5)
    const falling = await memory.getConversationHistory({ ...CHAT, maxTokens: 20, order: 'newest' })
    expect(falling.map(({ content }) => content.split(' ')[0])).toEqual(['m300', 'm299'])
  })

  it('does not count peeking as reading', async () => {
    const [id] = await addAll(memory, numbered(3))
    const other = place.open()
    for (let i = 0; i < 5; i++) {
      await other.getConversationHistory({ ...CHAT, peek: true })
      await collect(other.iterateConversationHistory({ ...CHAT, peek: true }))
      await other.getTierCounts()
      await other.getMemoryItem(id!, { peek: true })
    }
    await expect(other.getMemoryItem(id!, { reed: 'strong' } as object)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    expect(await other.getMemoryItem(id!)).toMatchObject({ accessCount: 1 })
    expect(await other.getTierCounts()).toMatchObject({ sessions: 1, hot: { items: 3 }, warm: { items: 0 } })
    expect(await other.getTierCounts({ userId: 'nobody' })).toMatchObject({ sessions: 0, hot: { items: 0 } })
  })

  it('keeps items no longer than their session, their tenant or everybody says', async () => {
    memory = place.open({ retentionDays: 60, retentionDaysByTenant: { brief: 2 } })
    const brief = { tenantId: 'brief', userId: 'ada', sessionId: 'chat' }
    const kept = { userId: 'ada', sessionId: 'kept' }
    const add = async (day: number) => {
      for (const address of [CHAT, brief, kept]) {
        await memory.addMemoryItem({ ...address, content: `day ${day}`, contentType: 'note' })
      }
    }
    await memory.updateSession({ ...kept, retentionDays: 200 })
    for (let day = 0; day <= 100; day += 10) {
      await add(day)
      place.clock.advance(10 * DAY_MS)
      expect(await memory.runMigration()).toMatchObject({ failed: 0 })
    }
    const days = async (address: typeof kept) =>
      (await memory.getConversationHistory(address)).map(({ content }) => Number(content.slice(4)))
    expect(await days(CHAT)).toEqual([60, 70, 80, 90, 100])
    expect(await days(brief)).toEqual([])
    expect(await memory.getSession(brief), 'with the last item, the session goes').toBeUndefined()
    expect(await days(kept)).toHaveLength(11)
  })

  it('applies a new retention to old sessions where it is asked to look at all', async () => {
    await addAll(memory, numbered(5))
    await memory.demote(CHAT)
    place.clock.advance(300 * DAY_MS)
    await memory.runMigration()
    memory = place.open({ retentionDays: 100 })
    await memory.runMigration({ all: true })
    await expectHistory([])
    expect(await memory.getSession(CHAT)).toBeUndefined()
  })
})
