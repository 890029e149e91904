import { describe, expect, it } from 'vitest'
import { sqliteDurableStore } from '../../src/stores/sqlite/durable-store.ts'
import type { HotStore } from '../../src/tiers/hot-store.ts'
import { addAll, CHAT, contents, DAY_MS, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'
import { TempFolder } from '../support/temp-folder.ts'

describe.each(PLACES)('rare turns on %s', (kind) => {
  it('keeps items whose tiers end at a fraction of a millisecond', async () => {
    const place = emptyPlace(kind)
    const memory = place.open({ hotTierMaxAgeDays: 1 / 9, warmTierMaxAgeDays: 1 / 7 })
    await addAll(memory, ['a'])
    place.clock.advance(DAY_MS)
    expect(await memory.runMigration()).toMatchObject({ failed: 0, archived: { items: 1 } })
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['a'])
  })

  it('closes for everybody who asks for it', async () => {
    const memory = emptyPlace(kind).open()
    await addAll(memory, numbered(3))
    const reading = memory.getConversationHistory({ ...CHAT, read: 'strong' })
    await Promise.all([memory.close(), memory.close()])
    expect(contents(await reading)).toEqual(numbered(3))
  })

  it('merges the pages of a long session although one of them is large', async () => {
    const place = emptyPlace(kind)
    const memory = place.open({ tailMaxItems: 8, tailMaxBytes: 1024 })
    await memory.addMemoryItem(message('x'.repeat(100_000)))
    for (let i = 0; i < 60; i++) await addAll(memory, numbered(10, i * 10 + 1))
    await memory.demote(CHAT, 'warm')
    const store = place.store()
    await store.open()
    const [session] = (await store.list({ tenantId: 'default', userId: 'ada' }, undefined, 1)).sessions
    const record = await store.load(session!.key)
    await store.close()
    expect(record!.segments.length).toBeLessThan(50)
    expect(contents(await memory.getConversationHistory(CHAT)).slice(1)).toEqual(numbered(600))
  })

  it('does not show an expired item again when its key is used again', async () => {
    const place = emptyPlace(kind)
    const memory = place.open()
    const createdAt = place.clock.now()
    const keyed = message('gone', { idempotencyKey: 'k', createdAt })
    await memory.addMemoryItem({ ...keyed, expiresAt: createdAt + 1000 })
    await addAll(memory, ['stays'])
    place.clock.advance(31 * DAY_MS)
    await memory.runMigration()
    await memory.getConversationHistory(CHAT)
    const id = await memory.addMemoryItem(keyed)
    for (const read of ['cached', 'strong'] as const) {
      expect(contents(await memory.getConversationHistory({ ...CHAT, read }))).toEqual(['stays'])
      expect(await memory.getMemoryItem(id, { read })).toBeUndefined()
    }
  })

  it('reports a session whose segment is missing, and puts it off', async () => {
    const place = emptyPlace(kind, (store) => new Proxy(store, withoutSegments))
    const memory = place.open({ tailMaxItems: 8 })
    await addAll(memory, numbered(40))
    await memory.demote(CHAT, 'warm')
    place.clock.advance(31 * DAY_MS)
    expect(await memory.runMigration()).toMatchObject({ failed: 1, failures: [{ code: 'SEGMENT_MISSING' }] })
    expect(await memory.runMigration()).toMatchObject({ sessions: 0 })
  })

  it('refuses what it would otherwise take for something else', async () => {
    const place = emptyPlace(kind)
    const memory = place.open()
    const [id] = await addAll(memory, ['a'])
    const wrong: readonly (readonly [Promise<unknown>, string])[] = [
      [memory.runMigration({ dryrun: true } as object), 'INVALID_ARGUMENT'],
      [memory.demote(CHAT, 'hot' as 'cold'), 'INVALID_ARGUMENT'],
      [memory.getConversationHistory({ ...CHAT, limt: 3 } as never), 'INVALID_ARGUMENT'],
      [memory.getConversationHistory(undefined as never), 'INVALID_ARGUMENT'],
      [memory.addMemoryItems({} as never), 'INVALID_ARGUMENT'],
      [memory.addMemoryItem(message('b', { toolCallId: 'x' } as object)), 'INVALID_ITEM'],
      [memory.addMemoryItem(message('b', { contentType: 'system' })), 'INVALID_ITEM'],
      [memory.addMemoryItem(message('b', { createdAt: 1_790_000_000 })), 'INVALID_ITEM'],
      [memory.addMemoryItem(message('b', { idempotencyKey: 'k', createdAt: 5, after: id! })), 'INVALID_ARGUMENT'],
    ]
    for (const [call, code] of wrong) await expect(call).rejects.toMatchObject({ code })
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['a'])
  })

  it('says which of several items it refuses', async () => {
    const memory = emptyPlace(kind).open()
    const adding = memory.addMemoryItems([message('a'), message('b', { importance: 2 })])
    await expect(adding).rejects.toMatchObject({ code: 'INVALID_ITEM', details: { index: 1 } })
    expect(await memory.getConversationHistory(CHAT)).toEqual([])
  })
})

describe('a SQLite file', () => {
  it('is let go of when the hot tier fails to open', async () => {
    using folder = new TempFolder()
    const place = emptyPlace('in-process')
    const durable = sqliteDurableStore({ path: folder.file('memory.db') })
    const hot: HotStore = place.hot()
    let failures = 1
    hot.open = async () => {
      if (failures-- > 0) throw new Error('not yet')
    }
    const memory = place.open({ stores: { durable, hot } })
    await expect(memory.initialize()).rejects.toThrow('not yet')
    await addAll(memory, ['a'])
    await memory.close()
    await expect(durable.list({ tenantId: 'default', userId: 'ada' }, undefined, 1)).rejects.toMatchObject({
      code: 'NOT_OPEN',
    })
  })

  it('stays open for who opens it while another closes it', async () => {
    using folder = new TempFolder()
    const durable = sqliteDurableStore({ path: folder.file('memory.db') })
    await durable.open()
    const closing = durable.close()
    await durable.open()
    await closing
    expect(await durable.list({ tenantId: 'default', userId: 'ada' }, undefined, 1)).toMatchObject({ sessions: [] })
    await durable.close()
  })

  it('says after the time it was given that another holds its lock', async () => {
    using folder = new TempFolder()
    const path = folder.file('memory.db')
    const place = emptyPlace('in-process')
    const memory = place.open({
      stores: { durable: sqliteDurableStore({ path, lockTimeoutMs: 0 }), hot: place.hot() },
    })
    await memory.initialize()
    const { DatabaseSync } = await import('node:sqlite')
    using other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    await expect(memory.addMemoryItem(message('a'))).rejects.toMatchObject({
      code: 'STORE_TIMEOUT',
      details: { written: false },
    })
    other.exec('COMMIT')
    await addAll(memory, ['b'])
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['b'])
  })
})

const withoutSegments: ProxyHandler<ReturnType<typeof sqliteDurableStore>> = {
  get(store, name) {
    if (name === 'getSegment') return async () => undefined
    const value: unknown = Reflect.get(store, name, store)
    return typeof value === 'function' ? value.bind(store) : value
  },
}
