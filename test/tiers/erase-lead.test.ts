import { expect, it } from 'vitest'
import { faultyDurableStore } from '../../src/testing/faulty-durable-store.ts'
import { CHAT, contents, MINUTE_MS, message } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'

it.each(PLACES)('on %s an erase reaches late writes that were stamped ahead of the clock', async (kind) => {
  const place = emptyPlace(kind)
  let isCut = false
  const durable = faultyDurableStore(place.store(), ({ operation }) =>
    isCut && operation === 'append' ? 'ghost' : 'none',
  )
  const memory = place.open({ stores: { durable, hot: place.hot() } })
  // Somebody else's item, as far ahead as may be, takes the stamps of this manager along.
  const ahead = { idempotencyKey: 'k', createdAt: place.clock.now() + 4 * MINUTE_MS }
  await memory.addMemoryItem({ ...message('of bea', ahead), userId: 'bea' })
  isCut = true
  await expect(memory.addMemoryItem(message('given up'))).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
  isCut = false
  await memory.eraseUser({ userId: 'ada' })
  await durable.ghosts.release()
  place.clock.advance(30 * MINUTE_MS)
  await memory.runMigration()
  expect(contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual([])
  await memory.addMemoryItem(message('new'))
  expect(contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual(['new'])
})

it.each(PLACES)('on %s an item is stamped ahead, the erase dies, and a sweep goes on', async (kind) => {
  const place = emptyPlace(kind)
  let isCut = false
  const durable = faultyDurableStore(place.store(), ({ operation }) =>
    isCut && operation === 'list' ? 'refuse' : 'none',
  )
  const memory = place.open({ stores: { durable, hot: place.hot() } })
  const ahead = { idempotencyKey: 'k', createdAt: place.clock.now() + 4 * MINUTE_MS }
  await memory.addMemoryItem(message('of before', ahead))
  isCut = true
  await expect(memory.eraseUser({ userId: 'ada' })).rejects.toMatchObject({ code: 'ERASE_UNFINISHED' })
  isCut = false
  place.clock.advance(30 * MINUTE_MS)
  await memory.runMigration()
  place.clock.advance(30 * MINUTE_MS)
  await memory.runMigration()
  expect(contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual([])
})
