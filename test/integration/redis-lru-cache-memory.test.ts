import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type RedisServer, startRedis as start } from '../../emulators/redis.ts'
import { startRedisCluster } from '../../emulators/redis-cluster.ts'
import { ask } from '../../emulators/resp.ts'
import type { RedisLRUCacheOptions } from '../../src/stores/redis/cache-options.ts'
import { RedisLRUCache } from '../../src/stores/redis/redis-lru-cache.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'

const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function startRedis(...options: Parameters<typeof start>): Promise<RedisServer> {
  const server = await start(...options)
  stops.push(() => server.stop())
  return server
}

function cacheOf(options: RedisLRUCacheOptions, ...more: [{ clock: ManualClock }?]): RedisLRUCache {
  const cache = new RedisLRUCache(options, ...more)
  stops.push(() => cache.close())
  return cache
}

async function connected(options: RedisLRUCacheOptions): Promise<RedisLRUCache> {
  const cache = cacheOf(options)
  await cache.connect()
  return cache
}

describe("the server's memory", () => {
  /** Of `connect`. */
  async function warningsOf(cache: RedisLRUCache): Promise<readonly string[]> {
    const seen: string[] = []
    const listen = (warning: Error) => void (warning.name === 'RedisLRUCacheWarning' && seen.push(warning.message))
    process.on('warning', listen)
    await cache.connect()
    await delay(0)
    process.off('warning', listen)
    return seen
  }

  it.each([
    ['no limit', [], ['Redis has no maxmemory', 'noeviction']],
    ['noeviction', ['--maxmemory', '512mb'], ['noeviction']],
    ['less memory', ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'], ['100 MiB, less than the 512']],
    ['another order', ['--maxmemory', '512mb', '--maxmemory-policy', 'volatile-ttl'], ['volatile-ttl']],
  ])('%s is warned of once, and changed by nobody', async (_, args, words) => {
    const server = await startRedis({ args })
    const before = await ask(server, 'CONFIG', 'GET', 'maxmemory*')
    const cache = cacheOf({ redisPort: server.port })
    const warned = await warningsOf(cache)
    expect(warned).toHaveLength(1)
    await cache.connect()
    const { warnings, isAsConfigured } = await cache.getStats()
    expect(isAsConfigured).toBe(false)
    expect(warnings).toHaveLength(words.length)
    for (const word of words) {
      expect(warned.join()).toContain(word)
      expect(warnings.join()).toContain(word)
    }
    expect(await ask(server, 'CONFIG', 'GET', 'maxmemory*')).toEqual(before)
  })

  it('is as good with volatile-lru, as each entry has a time to live, and with more memory', async () => {
    const server = await startRedis({ args: ['--maxmemory', '1gb', '--maxmemory-policy', 'volatile-lru'] })
    const cache = cacheOf({ redisPort: server.port })
    expect(await warningsOf(cache)).toEqual([])
    expect(await cache.getStats()).toMatchObject({
      warnings: [],
      isAsConfigured: false,
      maxMemoryPolicy: 'volatile-lru',
    })
  })

  it('is set where that is asked for, and again after the server was restarted', async () => {
    const server = await startRedis()
    const cache = await connected({ redisPort: server.port, configureServer: true, maxMemoryMb: 64 })
    expect(await cache.getStats()).toMatchObject({
      isAsConfigured: true,
      maxMemoryBytes: 64 * 1024 * 1024,
      warnings: [],
    })
    const again = await server.restart()
    stops.push(() => again.stop())
    await vi.waitFor(async () => expect(await cache.getStats()).toMatchObject({ isAsConfigured: true }), 5_000)
  })

  it('is shared out among the primaries of a cluster', async () => {
    const cluster = await startRedisCluster()
    stops.push(() => cluster.stop())
    const cache = await connected({ cluster: cluster.addresses, configureServer: true, maxMemoryMb: 100 })
    const stats = await cache.getStats()
    expect(stats).toMatchObject({ isAsConfigured: true, warnings: [] })
    expect(stats.smallestMaxMemoryBytes).toBe(Math.ceil((100 * 1024 * 1024) / 3))
  })

  it('is read where CONFIG is refused, and says that it could not be set', async () => {
    const args = ['--maxmemory', '32mb', '--maxmemory-policy', 'allkeys-lru', '--rename-command', 'CONFIG', '']
    const { port } = await startRedis({ args })
    const cache = cacheOf({ redisPort: port, configureServer: true })
    expect((await warningsOf(cache)).join()).toContain('was not configured')
    const { warnings, ...stats } = await cache.getStats()
    expect(stats).toMatchObject({
      isAsConfigured: false,
      maxMemoryBytes: 32 * 1024 * 1024,
      maxMemoryPolicy: 'allkeys-lru',
    })
    expect(warnings).toEqual([
      expect.stringMatching(/^Redis was not configured: .*CONFIG.*\.$/),
      'Redis may use 32 MiB, less than the 512 asked for.',
    ])
  })

  it('is unknown to a user who may not ask, for whom the cache works all the same', async () => {
    const args = ['--user', 'ada', 'on', '>lovelace', '~thermocline:*', '+@read', '+@write', '+@connection']
    const server = await startRedis({ args })
    const cache = await connected({ redisPort: server.port, username: 'ada', password: 'lovelace' })
    expect(await cache.set('a', 1)).toBe(true)
    expect(await cache.get('a')).toBe(1)
    expect(await cache.clear()).toBe(true)
    const stats = await cache.getStats()
    expect(stats).toMatchObject({ maxMemoryBytes: undefined, isAsConfigured: undefined })
    expect(stats.warnings.join()).toMatch(/does not say.*NOPERM/)
  })

  it('evicts when it is full, which is counted from connect on, also past a restart', async () => {
    const clock = new ManualClock()
    const args = ['--maxmemory', '2mb', '--maxmemory-policy', 'allkeys-lru']
    const server = await startRedis({ args })
    await fill({ redisPort: server.port, keyPrefix: 'earlier' }, 4_000)
    const cache = cacheOf({ redisPort: server.port, maxMemoryMb: 2 }, { clock })
    await cache.connect()
    expect((await cache.getStats()).evictions).toBe(0)
    await Promise.all(Array.from({ length: 4_000 }, (_, i) => cache.set(`key-${i}`, 'x'.repeat(1_000))))
    clock.advance(10_000)
    const { evictions, evictionRate, usedMemoryBytes } = await cache.getStats()
    expect(evictions).toBeGreaterThan(2_000)
    expect(evictionRate).toBe(evictions / 10)
    expect(usedMemoryBytes).toBeLessThan(3 * 1024 * 1024)
    const again = await server.restart()
    stops.push(() => again.stop())
    await vi.waitFor(async () => expect(await cache.set('a', 1)).toBe(true), 5_000)
    expect((await cache.getStats()).evictions).toBe(evictions)
  })

  async function fill(options: RedisLRUCacheOptions, count: number): Promise<void> {
    const cache = await connected(options)
    await Promise.all(Array.from({ length: count }, (_, i) => cache.set(`key-${i}`, 'x'.repeat(1_000))))
  }

  it('that is full and evicts nothing makes set false, while the rest goes on', async () => {
    const { port } = await startRedis({ args: ['--maxmemory', '2mb'] })
    const cache = await connected({ redisPort: port })
    await cache.set('kept', 1)
    const set = await Promise.all(Array.from({ length: 3_000 }, (_, i) => cache.set(`key-${i}`, 'x'.repeat(1_000))))
    expect(set).toContain(false)
    expect(await cache.get('kept')).toBe(1)
    expect((await cache.getStats()).lastError).toContain('OOM')
    expect(await cache.clear()).toBe(true)
    expect(await cache.set('again', 1)).toBe(true)
  })
})
