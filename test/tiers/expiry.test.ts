import { beforeEach, describe, expect, it } from 'vitest'
import { decodeSegment } from '../../src/memory/segment-format/index.ts'
import { identifySession } from '../../src/memory/session.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, collect, contents, DAY_MS, MINUTE_MS, message } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'

describe.each(PLACES)('an item that expires on %s', (kind) => {
  let place: Place
  let memory: TieredStorageManager
  let expiresAt: number
  let id: string

  beforeEach(async () => {
    place = emptyPlace(kind)
    memory = place.open()
    expiresAt = place.clock.now() + MINUTE_MS
    await addAll(memory, ['before'])
    const createdAt = place.clock.now()
    id = await memory.addMemoryItem(message('secret', { expiresAt, createdAt, idempotencyKey: 'secret' }))
    place.clock.advance(1)
    await addAll(memory, ['after'])
  })

  /** Every way to read the session. */
  async function readings(): Promise<string[][]> {
    const query = { ...CHAT, limit: 3 } as const
    const lists = [
      await memory.getConversationHistory({ ...CHAT, read: 'strong' }),
      await memory.getConversationHistory(CHAT),
      await memory.getConversationHistory(CHAT),
      await memory.getConversationHistory(query),
      await memory.getConversationHistory({ ...query, from: 'oldest' }),
      await collect(memory.iterateConversationHistory(CHAT)),
      (await collect(memory.iterateConversationHistory({ ...CHAT, order: 'newest' }))).reverse(),
    ]
    return [...new Set(lists.map((items) => contents(items).join(' ')))].map((text) => text.split(' '))
  }

  async function byId(): Promise<(string | undefined)[]> {
    const items = [await memory.getMemoryItem(id), await memory.getMemoryItem(id, { read: 'strong' })]
    return items.map((item) => item?.content)
  }

  it.each<[string, () => Promise<unknown>]>([
    ['in the tail', async () => undefined],
    ['in a page', () => memory.demote(CHAT, 'warm')],
    ['in an archive', () => memory.demote(CHAT, 'cold')],
  ])('is there until its time and gone from then on, %s', async (_, move) => {
    await move()
    place.clock.set(expiresAt - 1)
    expect(await byId()).toEqual(['secret', 'secret'])
    expect(await readings()).toEqual([['before', 'secret', 'after']])
    place.clock.set(expiresAt)
    expect(await byId()).toEqual([undefined, undefined])
    expect(await readings()).toEqual([['before', 'after']])
    memory = place.open()
    expect(await readings()).toEqual([['before', 'after']])
    expect(await byId()).toEqual([undefined, undefined])
  })

  it.each(['warm', 'cold'] as const)('is gone from what is stored after a rewrite into the %s tier', async (tier) => {
    place.clock.set(expiresAt)
    await memory.demote(CHAT, tier)
    expect(await stored()).toEqual({ contents: ['before', 'after'], gone: 1, tail: 0 })
  })

  it('is gone from an archive after the next rewrite of that', async () => {
    await memory.demote(CHAT, 'cold')
    place.clock.set(expiresAt)
    await memory.promote(CHAT)
    expect(await stored()).toEqual({ contents: ['before', 'after'], gone: 1, tail: 0 })
  })

  it('does not come back when it is sent again', async () => {
    place.clock.set(expiresAt)
    await memory.demote(CHAT, 'warm')
    // An impatient importer that promises a longer life this time.
    const again = message('secret', {
      createdAt: place.clock.now() - MINUTE_MS,
      idempotencyKey: 'secret',
      expiresAt: place.clock.now() + DAY_MS,
    })
    expect(await memory.addMemoryItem(again)).toBe(id)
    memory = place.open()
    expect(await readings()).toEqual([['before', 'after']])
    expect(await byId()).toEqual([undefined, undefined])
    await memory.demote(CHAT, 'cold')
    expect(await readings()).toEqual([['before', 'after']])
    expect(await stored()).toEqual({ contents: ['before', 'after'], gone: 1, tail: 0 })
  })

  it('leaves no room for a shorter answer: the limit counts what is alive', async () => {
    place.clock.set(expiresAt)
    expect(contents(await memory.getConversationHistory({ ...CHAT, limit: 2 }))).toEqual(['before', 'after'])
    const oldest = await memory.getConversationHistory({ ...CHAT, limit: 2, from: 'oldest' })
    expect(contents(oldest)).toEqual(['before', 'after'])
  })

  it('may be all that a session ever held', async () => {
    const only = { sessionId: 'only', expiresAt }
    await addAll(memory, ['gone'], only)
    place.clock.set(expiresAt)
    await memory.demote({ ...CHAT, sessionId: 'only' })
    expect(await memory.getConversationHistory({ ...CHAT, sessionId: 'only' })).toEqual([])
    await addAll(memory, ['new'], { sessionId: 'only' })
    expect(contents(await memory.getConversationHistory({ ...CHAT, sessionId: 'only' }))).toEqual(['new'])
  })

  /** What the store holds of the session, read past the manager. */
  async function stored(): Promise<{ contents: string[]; gone: number; tail: number }> {
    const store = place.store()
    await store.open()
    const { key } = identifySession(CHAT)
    const record = await store.load(key)
    const held = { contents: [] as string[], gone: 0, tail: record!.tail.length }
    for (const ref of record!.segments) {
      const { entries, gone } = await decodeSegment(ref.inline ?? (await store.getSegment(key, ref.id))!)
      held.contents.push(...entries.map(({ body }) => body.content))
      held.gone += gone.length
    }
    if (kind === 'sqlite') await store.close()
    return held
  }
})
