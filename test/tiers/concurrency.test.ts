import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { addAll, CHAT, contents, DAY_MS, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'
import { Chance } from '../support/random.ts'

/** Bounds so low that a few items are sealed, archived, split and merged. */
const SMALL = {
  hotTierMaxAgeDays: 1,
  warmTierMaxAgeDays: 2,
  minAccessCountHot: 2,
  tailMaxItems: 6,
  tailMaxBytes: 4096,
  archiveMaxBytes: 2048,
} as const

describe.each(PLACES)('a manager on %s', (kind) => {
  it('keeps the order of calls of 64 adds at once', async () => {
    const memory = emptyPlace(kind).open()
    const ids = await Promise.all(numbered(64).map((content) => memory.addMemoryItem(message(content))))
    const items = await memory.getConversationHistory(CHAT)
    expect(contents(items)).toEqual(numbered(64))
    expect(items.map(({ id }) => id)).toEqual(ids)
  })

  it('keeps the order of calls through batches, sessions and sizes', async () => {
    const memory = emptyPlace(kind).open({ tailMaxItems: 20 })
    await Promise.all([
      addAll(memory, numbered(30)),
      addAll(memory, numbered(30), { sessionId: 'other' }),
      memory.addMemoryItem(message('x'.repeat(200_000))),
      addAll(memory, numbered(30, 31)),
    ])
    const [first, large, ...rest] = contents(await memory.getConversationHistory(CHAT)).slice(29)
    expect([first, large?.length, ...rest]).toEqual(['m30', 200_000, ...numbered(30, 31)])
    const other = await memory.getConversationHistory({ ...CHAT, sessionId: 'other' })
    expect(contents(other)).toEqual(numbered(30))
  })

  it('shows each reader all that was acknowledged before it asked, while everything moves', async () => {
    const place = emptyPlace(kind)
    const memory = place.open(SMALL)
    const chance = new Chance(1)
    const acknowledged: string[] = []
    let isDone = false
    const writer = async (name: string): Promise<void> => {
      for (const content of numbered(80)) acknowledged.push(await memory.addMemoryItem(message(name + content)))
    }
    const until = async (body: () => Promise<unknown>): Promise<void> => {
      while (!isDone) {
        await body()
        // Answers from the process come without a turn of the event loop, which compression needs.
        await turn()
      }
    }
    const reader = async (): Promise<void> => {
      const before = [...acknowledged]
      const query = chance.pick([{}, { read: 'strong' }, { limit: 500 }] as const)
      const ids = (await memory.getConversationHistory({ ...CHAT, ...query })).map(({ id }) => id)
      const seen = new Set(ids)
      expect(seen.size).toBe(ids.length)
      expect(ids).toEqual(ids.toSorted())
      expect(before.filter((id) => !seen.has(id))).toEqual([])
    }
    const mover = async (): Promise<void> => {
      place.clock.advance(chance.pick([1, DAY_MS]))
      const move = chance.between(1, 4)
      if (move === 1) await memory.demote(CHAT, 'warm')
      else if (move === 2) await memory.demote(CHAT)
      else if (move === 3) await memory.promote(CHAT)
      else await memory.runMigration()
    }
    const writing = Promise.all(['a', 'b', 'c'].map(writer)).finally(() => {
      isDone = true
    })
    await Promise.all([writing, until(reader), until(reader), until(mover)])
    await reader()
    expect(acknowledged).toHaveLength(240)
  }, 30_000)

  it('does not seal more than one at a time, though every add asks for it', async () => {
    const memory = emptyPlace(kind).open(SMALL)
    for (let i = 0; i < 10; i++) await addAll(memory, numbered(50, i * 50 + 1))
    expect(contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual(numbered(500))
  })
})
