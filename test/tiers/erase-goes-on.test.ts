import { expect, it } from 'vitest'
import { ThermoclineError } from '../../src/errors.ts'
import { identifySession } from '../../src/memory/session.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import { message } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'
import { withCalls } from '../support/watched-store.ts'

it.each(PLACES)('on %s one session that cannot be erased now keeps none of the others readable', async (kind) => {
  const place = emptyPlace(kind)
  const broken = identifySession({ userId: 'ada', sessionId: 'c' })
  const durable = withCalls(place.store(), (store) => ({
    async commit(...args: Parameters<DurableStore['commit']>) {
      if (args[0] === broken.key) throw new ThermoclineError('STORE_FAILED', 'Cannot commit: planned')
      return store.commit(...args)
    },
  }))
  const memory = place.open({ stores: { durable, hot: place.hot() } })
  for (const sessionId of ['a', 'b', 'c', 'd', 'e']) {
    place.clock.advance(1)
    await memory.addMemoryItem(message(sessionId, { sessionId }))
  }
  await expect(memory.eraseUser({ userId: 'ada' })).rejects.toMatchObject({ code: 'ERASE_UNFINISHED' })
  const { sessions } = await memory.listSessions({ userId: 'ada' })
  expect(sessions.map(({ sessionId }) => sessionId)).toEqual(['c'])
})
