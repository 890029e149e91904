import { expect, it } from 'vitest'
import { addAll, CHAT, contents, DAY_MS, MINUTE_MS, message, numbered } from '../support/items.ts'
import { keptBase } from '../support/kept-base.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'

it('what retention has removed does not come back from the base memory manager', async () => {
  const place = emptyPlace('in-process')
  const memory = place.open({ retentionDays: 10, baseMemoryManager: keptBase([]) })
  await addAll(memory, numbered(2))
  place.clock.advance(20 * DAY_MS)
  await memory.runMigration()
  expect(contents(await memory.getConversationHistory(CHAT))).toEqual([])
})

it.each(PLACES)('on %s one call is one read, however many items its tokens allow', async (kind) => {
  const place = emptyPlace(kind)
  const memory = place.open({ tokenCounter: { name: 'one', exact: true, count: () => 1 }, tailMaxItems: 1000 })
  const ids = await addAll(memory, numbered(300))
  const reader = place.open({ tokenCounter: { name: 'one', exact: true, count: () => 1 } })
  await reader.getConversationHistory({ ...CHAT, maxTokens: 1000 })
  expect((await reader.getMemoryItem(ids[0]!, { read: 'strong' }))?.accessCount).toBe(2)
})

it.each(PLACES)('on %s what one user imports does not move the times of others', async (kind) => {
  const place = emptyPlace(kind)
  const memory = place.open()
  const ahead = { idempotencyKey: 'k', createdAt: place.clock.now() + 4 * MINUTE_MS }
  await memory.addMemoryItem({ ...message('of bea', ahead), userId: 'bea' })
  await memory.addMemoryItem(message('of ada'))
  place.clock.advance(1000)
  const before = new Date(place.clock.now())
  expect(contents(await memory.getConversationHistory({ ...CHAT, before }))).toEqual(['of ada'])
})

it.each(PLACES)('on %s a session that was deleted by a clock far ahead can be used again', async (kind) => {
  const place = emptyPlace(kind)
  const [memory, wrong] = [place.open(), place.open()]
  await addAll(memory, ['old'])
  const now = place.clock.now()
  place.clock.set(now + 3650 * DAY_MS)
  await wrong.deleteSession(CHAT)
  place.clock.set(now + 1000)
  await memory.addMemoryItem(message('new'))
  await memory.addMemoryItem(message('elsewhere', { sessionId: 'other' }))
  const before = new Date(now + DAY_MS)
  const other = { userId: 'ada', sessionId: 'other', before }
  expect(contents(await memory.getConversationHistory(other))).toEqual(['elsewhere'])
})
