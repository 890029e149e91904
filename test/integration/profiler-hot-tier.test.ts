import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { ask } from '../../emulators/resp.ts'
import type { ProfilerMetrics, SharedTierMetrics } from '../../src/telemetry/index.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { freshPrefix, startFirestoreForTests } from '../support/firestore.ts'
import { CHAT, message, numbered } from '../support/items.ts'
import { type FrailFirestore, frailFirestore } from '../support/profiler-firestore.ts'
import { callsOf, lightTraffic, type StoreWatch, traffic, watchStores } from '../support/profiler-watch.ts'
import { redisPlace, untilUsed } from '../support/redis-place.ts'

/** As long as a manager may take to be served again. */
const INTERVAL_S = 2

let emulator: FirestoreEmulator
let redis: RedisServer

beforeAll(async () => {
  ;[emulator, redis] = await Promise.all([startFirestoreForTests(), startRedis()])
})

afterAll(() => Promise.all([emulator?.stop(), redis?.stop()]))

/** A manager with a hot tier in Redis over Firestore, used lightly, and a profiler that has seen both at work. */
async function both(): Promise<{ firestore: FrailFirestore; memory: TieredStorageManager; watch: StoreWatch }> {
  const firestore = await frailFirestore(emulator)
  const memory = await firestore.open({
    redisHost: redis.host,
    redisPort: redis.port,
    redis: { keyPrefix: freshPrefix() },
  })
  const watch = watchStores({ memory, interval: INTERVAL_S })
  lightTraffic(memory)
  await watch.looksUntil((metrics) => hotTier(metrics).hits > 0 && callsOf('firestore', metrics).calls > 0)
  expect(watch.failing()).toEqual([])
  return { firestore, memory, watch }
}

function hotTier({ tiers }: ProfilerMetrics): SharedTierMetrics {
  const shared = tiers?.hot.shared
  if (shared === undefined) throw new Error('Cannot tell of Redis: the manager has none')
  return shared
}

/** Waits until alerts of just these last, for as long as promised. */
async function expectFailing({ failing, looksUntil }: StoreWatch, stores: readonly string[], within: number) {
  const { looks, metrics } = await looksUntil(() => failing().join() === stores.join())
  expect(looks).toBeLessThanOrEqual(within)
  return metrics
}

/** One may be under way when something is back. */
const BACK_WITHIN = 3

describe('a hot tier in Redis over Firestore that are watched', () => {
  it('of which Redis is killed, tells of Redis alone', async () => {
    const { memory, watch } = await both()
    await redis.kill()
    expect(hotTier(await expectFailing(watch, ['redis'], 2))).toMatchObject({ isReachable: false })
    expect(await traffic(memory)).toBe(0)
    await watch.look()
    expect(watch.failing()).toEqual(['redis'])
    redis = await redis.restart()
    expect(hotTier(await expectFailing(watch, [], BACK_WITHIN))).toMatchObject({ isReachable: true })
    expect(watch.told).toEqual(['raised redis', 'recovered redis'])
  })

  it('of which Redis is frozen, tells of Redis alone', async () => {
    const { watch } = await both()
    await redis.pause()
    onTestFinished(() => redis.resume())
    const metrics = await expectFailing(watch, ['redis'], 2)
    expect(callsOf('redis', metrics)).toMatchObject({
      isFailing: true,
      errorsByCode: { STORE_TIMEOUT: expect.any(Number) },
    })
    await watch.look()
    redis.resume()
    await expectFailing(watch, [], BACK_WITHIN)
    expect(watch.told).toEqual(['raised redis', 'recovered redis'])
  })

  it('of which Firestore is killed, tells of Firestore alone', async () => {
    const { firestore, watch } = await both()
    await firestore.kill()
    const metrics = await expectFailing(watch, ['firestore'], 2)
    expect(callsOf('firestore', metrics)).toMatchObject({ isFailing: true })
    expect(hotTier(metrics)).toMatchObject({ isReachable: true })
    await watch.look()
    await firestore.restart()
    await expectFailing(watch, [], BACK_WITHIN)
    expect(watch.told).toEqual(['raised firestore', 'recovered firestore'])
  })

  it('which are both killed, tells of each once', async () => {
    const { firestore, watch } = await both()
    await Promise.all([firestore.kill(), redis.kill()])
    await expectFailing(watch, ['firestore', 'redis'], 2)
    await watch.look()
    expect(watch.told.toSorted()).toEqual(['raised firestore', 'raised redis'])
    redis = await redis.restart()
    await expectFailing(watch, ['firestore'], BACK_WITHIN)
    await firestore.restart()
    await expectFailing(watch, [], BACK_WITHIN)
    expect(watch.told.slice(2)).toEqual(['recovered redis', 'recovered firestore'])
  })
})

describe('a hot tier in Redis that is watched', () => {
  it('and is full tells so once, for as long as it takes nothing', async () => {
    const server = await startRedis({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction'] })
    onTestFinished(() => server.stop())
    const memory = await redisPlace(server).open()
    const { told, failing, look } = watchStores({ memory, interval: 60, clock: new ManualClock() })
    const fill = async (sessions: readonly string[]) => {
      for (const sessionId of sessions) {
        await memory.addMemoryItem(message('x'.repeat(20_000), { sessionId }))
        await memory.getConversationHistory({ ...CHAT, sessionId, read: 'strong' })
      }
    }
    await fill(numbered(300))
    await look()
    for (let looks = 1; looks <= 5; looks += 1) {
      await fill(numbered(10, 1_000 * looks))
      expect(hotTier(await look())).toMatchObject({ isReachable: true, lastError: expect.stringContaining('OOM') })
      expect(failing()).toEqual(['redis'])
    }
    await ask(server, 'CONFIG', 'SET', 'maxmemory', '100mb')
    await fill(numbered(10, 9_000))
    await look()
    expect(told).toEqual(['raised redis', 'recovered redis'])
  })

  it('and has no traffic is told of with the first call that fails, and when it is back, without one', async () => {
    const memory = await redisPlace(redis).open()
    const { told, failing, look } = watchStores({ memory, interval: 60, clock: new ManualClock() })
    await traffic(memory)
    await look()
    await redis.kill()
    await look()
    expect(failing()).toEqual([])
    await traffic(memory, 1)
    expect(hotTier(await look())).toMatchObject({ isReachable: false })
    expect(failing()).toEqual(['redis'])
    redis = await redis.restart()
    await untilUsed(memory)
    expect(hotTier(await look())).toMatchObject({ isReachable: true })
    await look()
    expect(told).toEqual(['raised redis', 'recovered redis'])
  })
})
