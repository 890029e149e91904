import { expect, it } from 'vitest'
import { faultyDurableStore } from '../../src/testing/faulty-durable-store.ts'
import { addAll, CHAT, contents, MINUTE_MS, message } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'

it.each(PLACES)(
  'on %s a deleted session stays away, though a late write was stamped ahead of the clock',
  async (kind) => {
    const place = emptyPlace(kind)
    let isCut = false
    const durable = faultyDurableStore(place.store(), ({ operation }) =>
      isCut && operation === 'append' ? 'ghost' : 'none',
    )
    const memory = place.open({ stores: { durable, hot: place.hot() } })
    await addAll(memory, ['stored'])
    const ahead = { idempotencyKey: 'k', createdAt: place.clock.now() + 4 * MINUTE_MS }
    await memory.addMemoryItem(message('elsewhere', { sessionId: 'other', ...ahead }))
    isCut = true
    await expect(memory.addMemoryItem(message('given up'))).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    isCut = false
    await memory.deleteSession(CHAT)
    await durable.ghosts.release()
    expect(contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual([])
    await addAll(memory, ['new'])
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['new'])
  },
)
