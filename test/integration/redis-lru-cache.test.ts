import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RedisServer, startRedis as start } from '../../emulators/redis.ts'
import { type RedisCluster, startRedisCluster } from '../../emulators/redis-cluster.ts'
import { ask, type RedisAddress } from '../../emulators/resp.ts'
import type { RedisLRUCacheOptions } from '../../src/stores/redis/cache-options.ts'
import { RedisLRUCache } from '../../src/stores/redis/redis-lru-cache.ts'
import { hostileId } from '../support/hostile-ids.ts'

const stops: (() => Promise<void>)[] = []
const CALL_MS = 250
/** What a busy machine may add. */
const SLACK_MS = 250

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function startRedis(...options: Parameters<typeof start>): Promise<RedisServer> {
  const server = await start(...options)
  stops.push(() => server.stop())
  return server
}

/** Limits that a server has, so that nothing is warned of. */
const LIMITED = ['--maxmemory', '512mb', '--maxmemory-policy', 'allkeys-lru']

function cacheOf(options: RedisLRUCacheOptions): RedisLRUCache {
  const cache = new RedisLRUCache(options)
  stops.push(() => cache.close())
  return cache
}

async function connected(options: RedisLRUCacheOptions): Promise<RedisLRUCache> {
  const cache = cacheOf(options)
  await cache.connect()
  return cache
}

async function keysOf(...servers: readonly RedisAddress[]): Promise<string[]> {
  const keys = await Promise.all(servers.map((server) => ask(server, 'KEYS', '*')))
  return keys.flat() as string[]
}

async function elapsed(body: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await body()
  return performance.now() - started
}

describe.each(['single', 'cluster'] as const)('RedisLRUCache on %s', (kind) => {
  let cluster: RedisCluster | undefined
  let servers: readonly RedisServer[]

  beforeAll(async () => {
    if (kind === 'cluster') {
      cluster = await startRedisCluster({ args: LIMITED })
      servers = cluster.nodes
    } else {
      servers = [await start({ args: LIMITED })]
    }
  })

  afterAll(async () => {
    await (cluster ? cluster.stop() : servers[0]?.stop())
  })

  const place = (): RedisLRUCacheOptions =>
    cluster ? { cluster: cluster.addresses } : { redisPort: servers[0]?.port ?? 0 }
  const fresh = () => connected({ ...place(), keyPrefix: randomUUID() })

  it('gives back what was set, until it is set again, deleted or out of time', async () => {
    const cache = await fresh()
    expect(await cache.get('lake')).toBeUndefined()
    expect(
      await cache.set('lake', { name: 'Bled', depth: 30, tags: ['alpine', null], note: '\ud83d\ude00\ud800' }),
    ).toBe(true)
    expect(await cache.get('lake')).toEqual({
      name: 'Bled',
      depth: 30,
      tags: ['alpine', null],
      note: '\ud83d\ude00\ud800',
    })
    await cache.set('lake', null)
    expect(await cache.get('lake')).toBeNull()
    expect(await cache.delete('lake')).toBe(true)
    expect(await cache.delete('lake')).toBe(true)
    expect(await cache.get('lake')).toBeUndefined()
    await cache.set('brief', 1, { ttl: 0.05 })
    await vi.waitFor(async () => expect(await cache.get('brief')).toBeUndefined())
  })

  it('gives each entry the time to live that was asked for, else the default', async () => {
    const cache = await connected({ ...place(), keyPrefix: randomUUID(), defaultTtl: 100 })
    await cache.set('default', 1)
    await cache.set('own', 1, { ttl: 7_000 })
    const { client } = cache.connection
    const keys = (await keysOf(...servers)).filter((key) => key.startsWith(cache.keyPrefix))
    const ttls = await Promise.all(keys.map((key) => client.call('PTTL', key)))
    const [shorter = 0, longer = 0] = (ttls as number[]).sort((a, b) => a - b)
    expect([Math.round(shorter / 10_000), Math.round(longer / 1_000_000)]).toEqual([10, 7])
  })

  it('counts hits and misses', async () => {
    const cache = await fresh()
    expect(await cache.getStats()).toMatchObject({ hits: 0, misses: 0, hitRate: 0, failures: 0, evictions: 0 })
    await cache.set('a', 1)
    for (const key of ['a', 'a', 'a', 'b']) await cache.get(key)
    expect(await cache.getStats()).toMatchObject({
      hits: 3,
      misses: 1,
      hitRate: 0.75,
      failures: 0,
      lastError: undefined,
    })
  })

  it('clears its own entries only, on all servers', async () => {
    const prefix = randomUUID()
    const cache = await connected({ ...place(), keyPrefix: prefix })
    // A prefix that begins with the other one and looks like its entries.
    const longer = await connected({ ...place(), keyPrefix: `${prefix}:c` })
    const { client } = cache.connection
    const others = [`${prefix}:{session}`, `${prefix}:s:segment`, `${prefix}:c`, `${prefix}:c:short`, `${prefix}x`]
    for (const key of others) await client.call('SET', key, '1')
    await longer.set('theirs', 1)
    await Promise.all(Array.from({ length: 3_000 }, (_, i) => cache.set(`key-${i}`, i)))
    expect(await cache.clear()).toBe(true)
    expect(await cache.get('key-1')).toBeUndefined()
    expect(await longer.get('theirs')).toBe(1)
    const left = (await keysOf(...servers)).filter((key) => key.startsWith(prefix))
    expect(left.sort()).toEqual(expect.arrayContaining(others))
    expect(left).toHaveLength(others.length + 1)
  })

  it('keeps 500 hostile keys apart, within its prefix, and spread over all servers', async () => {
    const cache = await fresh()
    const keys = new Set(
      fc.sample(hostileId, { numRuns: 900, seed: 4 }).filter((id): id is string => typeof id === 'string' && isKey(id)),
    )
    // The attack on slots: the same tag in all keys.
    for (let i = keys.size; i < 500; i++) keys.add(`{tag}${i}`)
    await Promise.all([...keys].map(async (key) => expect(await cache.set(key, `of ${key}`)).toBe(true)))
    await Promise.all([...keys].map(async (key) => expect(await cache.get(key)).toBe(`of ${key}`)))
    const perServer = await Promise.all(servers.map((server) => keysOf(server)))
    const own = perServer.map((keys) => keys.filter((key) => key.startsWith(`${cache.keyPrefix}:c:`)))
    expect(own.flat()).toHaveLength(keys.size)
    expect(own.flat().filter((key) => !/:c:[0-9a-v]{52}$/.test(key))).toEqual([])
    for (const { length } of own) expect(length).toBeGreaterThan(keys.size / servers.length / 2)
  })

  it('says what the servers may use, all together', async () => {
    const cache = await connected({ ...place(), maxMemoryMb: 512 * servers.length })
    const stats = await cache.getStats()
    expect(stats).toMatchObject({
      maxMemoryBytes: 512 * 1024 * 1024 * servers.length,
      smallestMaxMemoryBytes: 512 * 1024 * 1024,
      maxMemoryPolicy: 'allkeys-lru',
      isAsConfigured: true,
      warnings: [],
    })
    expect(stats.usedMemoryBytes).toBeGreaterThan(500_000 * servers.length)
  })
})

/** The rule of keys, written down once more. */
function isKey(id: string): boolean {
  return id !== '' && id.isWellFormed() && Buffer.byteLength(id) <= 512
}

describe('what RedisLRUCache refuses', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an undefined property', { a: undefined }],
    ['a function', () => 1],
    ['a number that is none', Number.NaN],
    ['minus zero', [-0]],
    ['a big integer', 1n],
    ['a date', { at: new Date(0) }],
    ['a map', new Map()],
    ['an array with a hole', new Array(2)],
    ['what has a toJSON', { toJSON: () => 1 }],
    ['a symbol as key', { [Symbol('a')]: 1 }],
    ['bytes', Buffer.from('a')],
    ['a ring', ring()],
    ['more levels than the stack has', JSON.parse('['.repeat(20_000) + ']'.repeat(20_000))],
  ])('%s as a value', async (_, value) => {
    const { port } = await shared()
    const cache = await connected({ redisPort: port })
    await expect(cache.set('a', value as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('keys that are none, times to live out of range, values beyond 512 KiB', async () => {
    const { port } = await shared()
    const cache = await connected({ redisPort: port })
    for (const key of ['', 'x'.repeat(513), '\u20ac'.repeat(171), '\ud800', 7, null, undefined, ['a']] as never[]) {
      await expect(cache.get(key)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      await expect(cache.set(key, 1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      await expect(cache.delete(key)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    for (const ttl of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e12, '60'] as never[]) {
      await expect(cache.set('a', 1, { ttl })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    await expect(cache.set('a', 1, { tll: 1 } as never)).rejects.toThrow('did you mean ttl')
    expect(await cache.set('a', 'x'.repeat(512 * 1024 - 2))).toBe(true)
    await expect(cache.set('a', 'x'.repeat(512 * 1024 - 1))).rejects.toMatchObject({ code: 'ITEM_TOO_LARGE' })
    expect((await cache.getStats()).failures).toBe(0)
  })

  it.each<[object, string]>([
    [{ keyPrefix: 'a{b}' }, 'keyPrefix'],
    [{ keyPrefix: 'a*' }, 'keyPrefix'],
    [{ keyPrefix: '' }, 'keyPrefix'],
    [{ maxMemoryMb: 0 }, 'maxMemoryMb'],
    [{ maxMemoryPolicy: 'lru' }, 'maxMemoryPolicy'],
    [{ defaultTtl: 0 }, 'defaultTtl'],
    [{ configureServer: 1 }, 'configureServer'],
    [{ callTimeoutMs: 0 }, 'callTimeoutMs'],
    [{ maxMemoryMB: 1 }, 'did you mean maxMemoryMb'],
    [{ redisPort: 0 }, 'redisPort'],
  ])('option %o', (options, words) => {
    expect(() => new RedisLRUCache(options)).toThrow(words)
  })

  it('calls before connect and after close', async () => {
    const { port } = await shared()
    const cache = cacheOf({ redisPort: port })
    const calls = () => [cache.get('a'), cache.set('a', 1), cache.delete('a'), cache.clear(), cache.getStats()]
    for (const call of calls()) await expect(call).rejects.toMatchObject({ code: 'NOT_OPEN' })
    await cache.connect()
    await cache.connect()
    expect(await cache.set('a', 1)).toBe(true)
    await cache.close()
    await cache.close()
    for (const call of [...calls(), cache.connect()]) await expect(call).rejects.toMatchObject({ code: 'NOT_OPEN' })
  })

  let server: Promise<RedisServer> | undefined
  const shared = () => (server ??= start({ args: LIMITED }))
  afterAll(async () => {
    await (await server)?.stop()
  })
})

function ring(): unknown {
  const ring: unknown[] = []
  ring.push(ring)
  return ring
}

describe('a Redis that fails', () => {
  it('is not there: connect rejects, calls give nothing, and all is well once it is there', async () => {
    const server = await startRedis({ args: LIMITED })
    await server.kill()
    const cache = cacheOf({ redisPort: server.port })
    await expect(cache.connect()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    expect([await cache.get('a'), await cache.set('a', 1), await cache.delete('a'), await cache.clear()]).toEqual([
      undefined,
      ...[false, false, false],
    ])
    expect(await cache.getStats()).toMatchObject({ misses: 1, failures: 4, usedMemoryBytes: undefined })
    stops.push((await server.restart()).stop)
    await vi.waitFor(async () => expect(await cache.set('a', 1)).toBe(true), { timeout: 2_000, interval: 20 })
    await cache.connect()
    expect(await cache.get('a')).toBe(1)
  })

  it('is killed under load and started again: no call throws, and it serves again within two seconds', async () => {
    const server = await startRedis({ args: LIMITED })
    const cache = await connected({ redisPort: server.port })
    const load = Promise.all(Array.from({ length: 500 }, (_, i) => cache.set(`key-${i}`, i)))
    await server.kill()
    for (const done of await load) expect(done).toBeTypeOf('boolean')
    expect(await cache.get('key-1')).toBeUndefined()
    stops.push((await server.restart()).stop)
    await vi.waitFor(async () => expect(await cache.set('a', 1)).toBe(true), { timeout: 2_000, interval: 20 })
  })

  it('is frozen: no call takes longer than its bound, later ones fail at once, and it serves again after', async () => {
    const server = await startRedis({ args: LIMITED })
    const cache = await connected({ redisPort: server.port })
    await server.pause()
    const calls = [() => cache.get('a'), () => cache.set('a', 1), () => cache.delete('a'), () => cache.clear()]
    const times = await Promise.all(Array.from({ length: 40 }, (_, i) => elapsed(calls[i % 4]!)))
    expect(Math.max(...times)).toBeLessThan(CALL_MS + SLACK_MS)
    expect(await elapsed(() => cache.get('a'))).toBeLessThan(CALL_MS / 2)
    expect(await elapsed(() => cache.getStats())).toBeLessThan(CALL_MS + SLACK_MS)
    server.resume()
    await vi.waitFor(async () => expect(await cache.set('a', 1)).toBe(true), { timeout: 2_000, interval: 20 })
  })

  it('holds an entry that is no JSON: a miss', async () => {
    const server = await startRedis({ args: LIMITED })
    const cache = await connected({ redisPort: server.port })
    await cache.set('a', 1)
    for (const key of await keysOf(server)) await ask(server, 'SET', key, '{broken')
    expect(await cache.get('a')).toBeUndefined()
    expect(await cache.getStats()).toMatchObject({ hits: 0, misses: 1, failures: 1 })
  })
})

describe('ways to connect', () => {
  it('are TLS with a password, and a client of the caller, which stays open', async () => {
    const server = await startRedis({ tls: true, password: 'geheim', args: LIMITED })
    const access = { password: 'geheim', tls: server.tls ?? false }
    const cache = await connected({ redisPort: server.port, ...access })
    expect(await cache.set('a', 1)).toBe(true)

    const client = new Redis({ port: server.port, password: 'geheim', tls: server.tls ?? {} })
    stops.push(async () => client.disconnect())
    await once(client, 'ready')
    const other = await connected({ client })
    expect(await other.get('a')).toBe(1)
    await other.close()
    expect(await client.ping()).toBe('PONG')
  })
})
