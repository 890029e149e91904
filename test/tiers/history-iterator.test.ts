import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, collect, contents, DAY_MS, MINUTE_MS, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'
import { CallCounter } from '../support/watched-store.ts'

const LENGTH = 120

/** Text that can't be compressed, so that archives fill up. */
function noise(seed: string): string {
  return createHash('sha512').update(seed).digest('base64')
}

describe.each(PLACES)('a history read item by item on %s', (kind) => {
  let place: Place
  let memory: TieredStorageManager
  let calls: CallCounter

  /** Archives, pages and a tail. */
  beforeEach(async () => {
    calls = new CallCounter()
    place = emptyPlace(kind, calls.wrap)
    memory = place.open({ tailMaxItems: 10, archiveMaxBytes: 1024 })
    for (let i = 0; i < LENGTH / 10; i++) {
      await addAll(
        memory,
        numbered(10, i * 10 + 1).map((content) => `${content} ${noise(content)}`),
      )
      if (i % 4 === 1) await memory.demote(CHAT, 'cold')
      if (i % 4 === 2) await memory.demote(CHAT, 'warm')
    }
  })

  async function ids(): Promise<string[]> {
    return (await memory.getConversationHistory({ ...CHAT, read: 'strong' })).map(({ id }) => id)
  }

  it.each(['oldest', 'newest'] as const)('gives all of it, %s first', async (order) => {
    const expected = await ids()
    const items = await collect(memory.iterateConversationHistory({ ...CHAT, order }))
    expect(items.map(({ id }) => id)).toEqual(order === 'oldest' ? expected : expected.reverse())
    expect(items).toHaveLength(LENGTH)
  })

  it.each(['oldest', 'newest'] as const)('ends after as many as were asked for, %s first', async (order) => {
    for (const limit of [1, 7, 55]) {
      const items = await collect(memory.iterateConversationHistory({ ...CHAT, order, limit }))
      const expected = await memory.getConversationHistory({ ...CHAT, order, from: order, limit })
      expect(contents(items)).toEqual(contents(expected))
    }
  })

  it('keeps to a window', async () => {
    const expected = await ids()
    const window = { after: expected[20]!, before: expected[90]! }
    for (const order of ['oldest', 'newest'] as const) {
      const items = await collect(memory.iterateConversationHistory({ ...CHAT, ...window, order }))
      expect(items.map(({ id }) => id).sort()).toEqual(expected.slice(21, 90))
    }
  })

  it.each(['oldest', 'newest'] as const)(
    'neither repeats nor skips while all is rewritten, %s first',
    async (order) => {
      const expected = await ids()
      const seen: string[] = []
      for await (const { id } of memory.iterateConversationHistory({ ...CHAT, order })) {
        seen.push(id)
        if (seen.length % 9 === 1) await memory.promote(CHAT)
        if (seen.length % 9 === 4) await memory.demote(CHAT, 'warm')
        if (seen.length % 9 === 7) await memory.demote(CHAT, 'cold')
      }
      expect(seen).toEqual(order === 'oldest' ? expected : expected.reverse())
    },
  )

  it('reads no segment before its turn comes', async () => {
    await memory.close()
    memory = place.open()
    const before = calls.of('getSegment')
    const iterator = memory.iterateConversationHistory({ ...CHAT, order: 'oldest' })
    for (let i = 0; i < 10; i++) await iterator.next()
    await iterator.return()
    expect(calls.of('getSegment') - before).toBeLessThanOrEqual(1)
    await collect(memory.iterateConversationHistory(CHAT))
    expect(calls.of('getSegment') - before).toBeGreaterThan(2)
  })

  it('begins with the newest although latecomers are newest in the tail', async () => {
    await memory.demote(CHAT, 'warm')
    const expected = await ids()
    for (const key of ['a', 'b', 'c']) {
      const createdAt = place.clock.now() - DAY_MS
      await memory.addMemoryItem(message(`late ${key}`, { idempotencyKey: key, createdAt }))
    }
    const [newest] = await collect(memory.iterateConversationHistory({ ...CHAT, order: 'newest', limit: 1 }))
    expect(newest?.id).toBe(expected.at(-1))
    expect(await collect(memory.iterateConversationHistory({ ...CHAT, order: 'newest' }))).toHaveLength(LENGTH + 3)
  })

  it('leaves out what expires on the way', async () => {
    await addAll(memory, ['gone soon'], { expiresAt: place.clock.now() + MINUTE_MS })
    const seen: string[] = []
    for await (const { content } of memory.iterateConversationHistory(CHAT)) {
      if (seen.length === 0) place.clock.advance(MINUTE_MS)
      seen.push(content)
    }
    expect(seen).toHaveLength(LENGTH)
    expect(seen).not.toContain('gone soon')
  })

  it('can be left in the middle', async () => {
    for await (const item of memory.iterateConversationHistory(CHAT)) if (item.content.startsWith('m5')) break
    expect(await ids()).toHaveLength(LENGTH)
  })
})
