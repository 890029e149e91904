import { expect, it } from 'vitest'
import { TierWatch } from '../../../src/telemetry/tiers/tier-watch.ts'
import { addAll, CHAT, numbered } from '../../support/items.ts'
import { emptyPlace } from '../../support/memories.ts'

it('tells what the tiers of a manager hold and do', async () => {
  const place = emptyPlace('in-process')
  const memory = place.open()
  const watch = new TierWatch(memory, place.clock)
  expect(watch.collect()).toMatchObject({ durable: '', itemsAdded: 0, hot: { bytes: 0, hitRate: 0 }, items: undefined })
  await addAll(memory, numbered(40))
  for (let i = 0; i < 4; i++) await memory.getConversationHistory(CHAT)
  const { hot, itemsAdded, durable } = watch.collect()
  const stats = memory.getStats()
  expect(itemsAdded).toBe(40)
  expect(durable).toBe(stats.durable.name)
  expect(hot).toMatchObject({ bytes: stats.hot.bytes, hits: stats.hot.hits, hitRate: stats.hot.hitRate })
  expect(hot.percentFull).toBeCloseTo((100 * hot.bytes) / hot.maxBytes)
  expect(hot.hits).toBeGreaterThan(0)
})

it('tells what was moved, and where items lie when that was counted last', async () => {
  const place = emptyPlace('in-process')
  const memory = place.open()
  const watch = new TierWatch(memory, place.clock)
  await addAll(memory, numbered(40))
  place.clock.advance(40 * 86_400_000)
  await memory.runMigration()
  expect(watch.collect()).toMatchObject({ items: undefined, migrations: { sweeps: 1, sessions: 1, failed: 0 } })
  const { migrations } = watch.collect()
  expect(migrations.sealedItems + migrations.archivedItems).toBeGreaterThanOrEqual(40)
  await Promise.all([watch.countItems(), watch.countItems()])
  const { items } = watch.collect()
  expect(items?.countedAt).toBe(place.clock.now())
  expect(items).toMatchObject({ hot: { items: 0 }, cold: { items: 40 } })
})

it('tells rates of the time since it was last asked', () => {
  let [hits, misses, evictions, now] = [90, 10, 5, 0]
  const watch = new TierWatch(
    {
      getStats: () => ({
        hot: { sessions: 1, segments: 0, bytes: 10, maxBytes: 100, hits, misses, evictions },
        durable: { name: 'disk' },
        itemsAdded: 0,
        sweeps: 0,
        lastSweep: undefined,
      }),
    },
    { now: () => now, every: () => () => undefined, sleep: () => Promise.resolve() },
  )
  expect(watch.collect().hot).toMatchObject({ hitRate: 0.9, recentHitRate: 0.9, evictionRate: 0, percentFull: 10 })
  ;[hits, misses, evictions, now] = [95, 105, 25, 10_000]
  expect(watch.collect().hot).toMatchObject({ hitRate: 0.475, recentHitRate: 0.05, evictionRate: 2 })
  expect(watch.collect().hot.recentHitRate).toBeUndefined()
  // Of another manager, so to say: counts that fall were begun anew.
  ;[hits, misses, evictions, now] = [3, 1, 0, 20_000]
  expect(watch.collect().hot).toMatchObject({ recentHitRate: 0.75, evictionRate: 0 })
})
