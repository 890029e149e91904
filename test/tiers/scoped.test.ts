import { beforeEach, describe, expect, it } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { CHAT, collect, contents, message } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'
import { CallCounter } from '../support/watched-store.ts'

describe.each(PLACES)('a scope of one user on %s', (kind) => {
  let calls: CallCounter
  let memory: TieredStorageManager

  beforeEach(() => {
    calls = new CallCounter()
    memory = emptyPlace(kind, calls.wrap).open({ requireScope: true })
  })

  it('adds, reads, promotes and demotes what is its own', async () => {
    const ada = memory.scoped({ userId: 'ada' })
    const id = await ada.addMemoryItem({ sessionId: 's', content: 'one', contentType: 'note' })
    await ada.addMemoryItems([{ sessionId: 's', content: 'two', contentType: 'note' }])
    expect(await ada.getMemoryItem(id)).toMatchObject({ content: 'one', tenantId: 'default', userId: 'ada' })
    expect(contents(await ada.getConversationHistory({ sessionId: 's' }))).toEqual(['one', 'two'])
    expect(await ada.demote({ sessionId: 's' })).toBe(true)
    expect(await ada.promote({ sessionId: 's' })).toBe(true)
    expect(contents(await collect(ada.iterateConversationHistory({ sessionId: 's' })))).toEqual(['one', 'two'])
  })

  it.each([
    [{ userId: 'bob' }, { userId: 'ada' }],
    [{ tenantId: 'acme', userId: 'ada' }, { userId: 'ada' }],
    [
      { tenantId: 'a', userId: 'bc' },
      { tenantId: 'ab', userId: 'c' },
    ],
    [{ userId: 'Ada' }, { userId: 'ada' }],
  ])('of %o is refused what is of %o, before any store is asked', async (reader, owner) => {
    const theirs = memory.scoped(owner)
    const id = await theirs.addMemoryItem({ sessionId: 's', content: 'secret', contentType: 'note' })
    const mine = memory.scoped(reader)
    const before = calls.all
    await expect(mine.getMemoryItem(id)).rejects.toMatchObject({ code: 'OUT_OF_SCOPE' })
    await expect(mine.getMemoryItem(id, { read: 'strong' })).rejects.toMatchObject({ code: 'OUT_OF_SCOPE' })
    await expect(mine.getConversationHistory({ sessionId: 's', after: id })).rejects.toMatchObject({
      code: 'OUT_OF_SCOPE',
    })
    const addAfter = mine.addMemoryItem({ sessionId: 's', content: 'x', contentType: 'note', after: id })
    await expect(addAfter).rejects.toMatchObject({ code: 'OUT_OF_SCOPE' })
    expect(calls.all).toBe(before)
    expect(await mine.getConversationHistory({ sessionId: 's' })).toEqual([])
  })

  it('overrules an owner that comes with an item or a question from outside', async () => {
    const foreign = { sessionId: 's', content: 'x', contentType: 'note', userId: 'bob', tenantId: 'acme' }
    const ada = memory.scoped({ userId: 'ada' })
    const id = await ada.addMemoryItem(foreign)
    expect(await ada.getMemoryItem(id)).toMatchObject({ tenantId: 'default', userId: 'ada' })
    const bob = memory.scoped({ tenantId: 'acme', userId: 'bob' })
    expect(await bob.getConversationHistory({ sessionId: 's' })).toEqual([])
    const question = { sessionId: 's', tenantId: 'default', userId: 'ada' }
    expect(await bob.getConversationHistory(question)).toEqual([])
  })

  it('is the only way in where it is required', async () => {
    const id = await memory.scoped({ userId: 'ada' }).addMemoryItem({ ...CHAT, content: 'x', contentType: 'note' })
    const before = calls.all
    const unscoped = [
      () => memory.addMemoryItem(message('x')),
      () => memory.addMemoryItems([message('x')]),
      () => memory.getMemoryItem(id),
      () => memory.getMemoryItem(id, { read: 'strong' }),
      () => memory.getConversationHistory(CHAT),
      () => collect(memory.iterateConversationHistory(CHAT)),
      () => memory.promote(CHAT),
      () => memory.demote(CHAT),
    ]
    for (const call of unscoped) await expect(call()).rejects.toMatchObject({ code: 'SCOPE_REQUIRED' })
    expect(calls.all).toBe(before)
    expect(await memory.runMigration()).toMatchObject({ finished: true })
  })

  it('needs ids that can name somebody', () => {
    for (const userId of ['', 'a\u0000b', 'x'.repeat(513), '\ud800'])
      expect(() => memory.scoped({ userId })).toThrow(expect.objectContaining({ code: 'INVALID_ID' }))
  })

  it('keeps apart whatever ids look alike to a store', async () => {
    const names = ['a', 'a:', 'a/b', 'a.b', '{a}', '*', '..', '__proto__', 'constructor', 'é', 'e\u0301', 'A']
    for (const userId of names)
      await memory.scoped({ userId }).addMemoryItem({ sessionId: 's', content: userId, contentType: 'note' })
    for (const userId of names)
      expect(contents(await memory.scoped({ userId }).getConversationHistory({ sessionId: 's' }))).toEqual([userId])
  })
})
