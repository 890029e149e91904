import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { until } from '../../emulators/until.ts'
import { RedisLRUCache } from '../../src/stores/redis/redis-lru-cache.ts'
import { RedisWatch } from '../../src/telemetry/tiers/redis-watch.ts'
import { TierWatch } from '../../src/telemetry/tiers/tier-watch.ts'
import { addAll, CHAT, numbered } from '../support/items.ts'
import { redisPlace } from '../support/redis-place.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})

afterEach(() => server.resume())

afterAll(() => server?.stop())

async function connected(): Promise<RedisLRUCache> {
  const cache = new RedisLRUCache({ redisHost: server.host, redisPort: server.port })
  onTestFinished(() => cache.close())
  await cache.connect()
  return cache
}

it('tells hits, memory and limits of a cache on Redis', async () => {
  const cache = await connected()
  const watch = new RedisWatch(cache)
  await cache.set('a', 'value')
  await cache.get('a')
  await cache.get('b')
  const first = await watch.collect()
  expect(first).toMatchObject({ isReachable: true, hits: 1, misses: 1, hitRate: 0.5, recentHitRate: 0.5, failures: 0 })
  expect(first.usedMemoryBytes).toBeGreaterThan(100_000)
  // A Redis without a limit is never so and so full, and says so.
  expect(first).toMatchObject({ maxMemoryBytes: 0, memoryPercent: undefined })
  expect(first.warnings).not.toEqual([])
  await cache.get('a')
  expect(await watch.collect()).toMatchObject({ hitRate: 2 / 3, recentHitRate: 1 })
})

it('tells of a cache that is not connected', async () => {
  const cache = new RedisLRUCache({ redisHost: server.host, redisPort: server.port })
  expect(await new RedisWatch(cache).collect()).toMatchObject({
    isReachable: false,
    lastError: expect.stringContaining('not'),
    hits: 0,
    recentHitRate: undefined,
  })
})

it('shows at the next look that Redis hangs, and that it is back', async () => {
  const cache = await connected()
  const watch = new RedisWatch(cache)
  expect(await watch.collect()).toMatchObject({ isReachable: true })
  server.pause()
  await cache.get('a')
  const hanging = await watch.collect()
  expect(hanging.isReachable).toBe(false)
  expect(hanging.recentFailures).toBeGreaterThan(0)
  server.resume()
  await until('it is back', async () => (await watch.collect()).isReachable)
  expect(await watch.collect()).toMatchObject({ isReachable: true, recentFailures: 0 })
})

it('shows that Redis was killed and started again, of a cache and of the tiers of a manager', async () => {
  const cache = await connected()
  const redis = new RedisWatch(cache)
  const memory = await redisPlace(server).open()
  const tiers = new TierWatch(memory)
  await addAll(memory, numbered(5))
  expect(tiers.collect().hot.shared).toMatchObject({ isReachable: true, failures: 0 })
  await server.kill()
  await cache.get('a')
  await memory.getConversationHistory({ ...CHAT, read: 'strong' })
  const killed = await redis.collect()
  expect(killed).toMatchObject({ isReachable: false, usedMemoryBytes: undefined })
  expect(killed.recentFailures).toBeGreaterThan(0)
  expect(tiers.collect().hot.shared).toMatchObject({ isReachable: false, lastError: expect.any(String) })
  server = await server.restart()
  await until('both are back', async () => {
    const isBack = tiers.collect().hot.shared?.isReachable
    return (await redis.collect()).isReachable && isBack === true
  })
  expect(await redis.collect()).toMatchObject({ isReachable: true, recentFailures: 0 })
})
