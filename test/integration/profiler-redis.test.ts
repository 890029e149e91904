import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { RedisLRUCache } from '../../src/index.ts'
import { type AlertNotice, MemoryProfiler, type ProfilerMetrics } from '../../src/telemetry/index.ts'

const INTERVAL_S = 1

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})

afterAll(() => server?.stop())

/** A profiler at work, with what it tells. */
async function profile() {
  const cache = new RedisLRUCache({ redisHost: server.host, redisPort: server.port, keyPrefix: 'profiled' })
  await cache.connect()
  const profiler = new MemoryProfiler({
    profilingInterval: INTERVAL_S,
    enableLeakDetection: false,
    env: {},
    alertThresholds: { processMemoryMb: 100_000, cpuPercent: 100 },
  })
  profiler.setRedisCache(cache)
  const notices: AlertNotice[] = []
  profiler.on('memoryAlert', (alert, notice) => {
    if (alert.kind === 'storeFailing') notices.push(notice)
  })
  profiler.startProfiling()
  onTestFinished(async () => {
    await profiler.stopProfiling()
    await cache.close()
  })
  const look = (): Promise<ProfilerMetrics> =>
    new Promise((resolve) => profiler.once('metrics', (metrics) => resolve(metrics)))
  const looksUntil = async (isSo: (metrics: ProfilerMetrics) => boolean): Promise<number> => {
    for (let looks = 1; ; looks += 1) if (isSo(await look())) return looks
  }
  return { profiler, notices, look, looksUntil }
}

const isAway = ({ redis }: ProfilerMetrics): boolean => redis?.isReachable === false
const isThere = ({ redis }: ProfilerMetrics): boolean => redis?.isReachable === true

describe('a Redis that is watched', () => {
  it('is told of when it is killed and when it is back, once each', async () => {
    const { profiler, notices, look, looksUntil } = await profile()
    expect(isThere(await look())).toBe(true)
    await server.kill()
    // One may have been under way.
    expect(await looksUntil(isAway)).toBeLessThanOrEqual(2)
    expect(profiler.getAlerts()).toMatchObject([
      { kind: 'storeFailing', subject: 'redis-cache', facts: { code: 'STORE_UNAVAILABLE' } },
    ])
    await look()
    server = await server.restart()
    expect(await looksUntil(isThere)).toBeLessThanOrEqual(3)
    expect(profiler.getAlerts()).toEqual([])
    expect(notices.map(({ event }) => event)).toEqual(['raised', 'recovered'])
  })

  it('is told of when it is frozen, and when it goes on', async () => {
    const { notices, look, looksUntil } = await profile()
    await look()
    await server.pause()
    expect(await looksUntil(isAway)).toBeLessThanOrEqual(2)
    server.resume()
    expect(await looksUntil(isThere)).toBeLessThanOrEqual(3)
    expect(notices.map(({ event }) => event)).toEqual(['raised', 'recovered'])
  })
})
