import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { until } from '../../emulators/until.ts'
import { RedisLRUCache } from '../../src/index.ts'
import type { ProfilerMetrics } from '../../src/telemetry/index.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { numbered } from '../support/items.ts'
import { watchStores } from '../support/profiler-watch.ts'

const INTERVAL_S = 1

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})

afterAll(() => server?.stop())

async function connected(): Promise<RedisLRUCache> {
  const cache = new RedisLRUCache({ redisHost: server.host, redisPort: server.port, keyPrefix: 'profiled' })
  onTestFinished(() => cache.close())
  await cache.connect()
  return cache
}

const isAway = ({ redis }: ProfilerMetrics): boolean => redis?.isReachable === false
const isThere = ({ redis }: ProfilerMetrics): boolean => redis?.isReachable === true

/** Its server is asked at each look, so none of them needs traffic. */
describe('a Redis that is watched', () => {
  it('is told of when it is killed and when it is back, once each', async () => {
    const { profiler, told, failing, look, looksUntil } = watchStores({
      cache: await connected(),
      interval: INTERVAL_S,
    })
    expect(isThere(await look())).toBe(true)
    await server.kill()
    expect((await looksUntil(isAway)).looks).toBeLessThanOrEqual(2)
    expect(failing()).toEqual(['redis-cache'])
    const facts = { code: 'STORE_UNAVAILABLE', failedCalls: 1 }
    expect(profiler.getAlerts()).toContainEqual(expect.objectContaining({ kind: 'storeFailing', facts }))
    await look()
    server = await server.restart()
    // One may have been under way.
    expect((await looksUntil(isThere)).looks).toBeLessThanOrEqual(3)
    expect(failing()).toEqual([])
    expect(told).toEqual(['raised redis-cache', 'recovered redis-cache'])
  })

  it('is told of when it is frozen, and when it goes on', async () => {
    const { told, look, looksUntil } = watchStores({ cache: await connected(), interval: INTERVAL_S })
    await look()
    await server.pause()
    onTestFinished(() => server.resume())
    expect((await looksUntil(isAway)).looks).toBeLessThanOrEqual(2)
    server.resume()
    expect((await looksUntil(isThere)).looks).toBeLessThanOrEqual(3)
    expect(told).toEqual(['raised redis-cache', 'recovered redis-cache'])
  })

  it('and comes and goes ten times is told of three times', async () => {
    const cache = await connected()
    const { told, failing, look } = watchStores({ cache, interval: 10, clock: new ManualClock() })
    for (let outages = 0; outages < 10; outages += 1) {
      await server.kill()
      expect(isAway(await look())).toBe(true)
      expect(failing()).toEqual(['redis-cache'])
      server = await server.restart()
      await until('it is connected', async () => (await cache.getStats()).usedMemoryBytes !== undefined)
      expect(isThere(await look())).toBe(true)
      expect(failing()).toEqual([])
    }
    expect(told).toEqual(numbered(3).flatMap(() => ['raised redis-cache', 'recovered redis-cache']))
  })
})
