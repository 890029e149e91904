import { expect, it } from 'vitest'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import { addAll, CHAT, DAY_MS, numbered } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'
import { withCalls } from '../support/watched-store.ts'

it.each(PLACES)('on %s a sweep does not put off what was changed while it looked', async (kind) => {
  const place = emptyPlace(kind)
  const other = place.open()
  await addAll(other, numbered(3))
  let isFirst = true
  const durable = withCalls(place.store(), (store) => ({
    async touch(...args: Parameters<DurableStore['touch']>) {
      if (isFirst && args[1].reviewAt !== undefined) {
        isFirst = false
        await other.updateSession({ ...CHAT, retentionDays: 1 })
      }
      return store.touch(...args)
    },
  }))
  const memory = place.open({ stores: { durable, hot: place.hot() }, warmTierMaxAgeDays: 60 })
  await memory.runMigration({ all: true })
  expect(isFirst, 'the sweep had something to write down').toBe(false)
  place.clock.advance(3 * DAY_MS)
  await memory.runMigration()
  expect(await memory.getSession(CHAT)).toBeUndefined()
})
