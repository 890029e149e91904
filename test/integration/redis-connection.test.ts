import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { Cluster, Redis } from 'ioredis'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startRedis as start } from '../../emulators/redis.ts'
import { startRedisCluster } from '../../emulators/redis-cluster.ts'
import { startRedisSentinel } from '../../emulators/redis-sentinel.ts'
import { ask } from '../../emulators/resp.ts'
import { startTcpProxy } from '../../emulators/tcp-proxy.ts'
import {
  connectRedis,
  primariesOf,
  type RedisClient,
  type RedisConnection,
  type RedisConnectionOptions,
} from '../../src/clients/ioredis.ts'

const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** Stopped after the test. */
async function kept<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const started = await starting
  stops.push(() => started.stop())
  return started
}

const startRedis = (...options: Parameters<typeof start>) => kept(start(...options))

async function connect(options: RedisConnectionOptions): Promise<RedisConnection> {
  const connection = await connectRedis(options)
  stops.push(() => connection.close())
  return connection
}

async function untilReady(client: RedisClient, timeoutMs = 5_000): Promise<void> {
  await vi.waitFor(() => expect(client.status).toBe('ready'), { timeout: timeoutMs, interval: 5 })
}

/** As the channel that tells of changes does. */
function duplicateInResp2(client: RedisClient): RedisClient {
  const copy = client.duplicate({ protocol: 2, lazyConnect: false, enableOfflineQueue: false, retryStrategy: null })
  copy.on('error', () => {})
  stops.push(async () => copy.disconnect())
  return copy
}

describe('a connection to a single server', () => {
  it('is ready when it resolves, and refuses commands once it is closed', async () => {
    const { port } = await startRedis()
    const { client, close } = await connect({ redisPort: port })
    expect(client.status).toBe('ready')
    expect(await client.call('SET', 'lake', 'Bled')).toBe('OK')
    expect(await client.callBuffer('GET', 'lake')).toEqual(Buffer.from('Bled'))
    await close()
    await close()
    await expect(client.call('GET', 'lake')).rejects.toThrow()
  })

  it('resolves within its bound where nobody answers, and is ready within two seconds once somebody does', async () => {
    const server = await startRedis()
    await server.kill()
    const started = performance.now()
    const { client, lastError } = await connect({ redisPort: server.port })
    expect(performance.now() - started).toBeLessThan(1_500)
    expect(client.status).not.toBe('ready')
    expect(lastError()).toContain('ECONNREFUSED')
    await startRedis({ port: server.port })
    await untilReady(client, 2_000)
  })

  it('resolves within its bound where the server is frozen, and is ready within two seconds after', async () => {
    const server = await startRedis()
    await server.pause()
    const { client, lastError } = await connect({ redisPort: server.port })
    expect(client.status).not.toBe('ready')
    await vi.waitFor(() => expect(lastError()).toContain('Socket timeout'), 4_000)
    server.resume()
    await untilReady(client, 2_000)
  })

  it('gives up a frozen connection, but no idle one', async () => {
    const server = await startRedis()
    const { client } = await connect({ redisPort: server.port })
    const id = await client.call('CLIENT', 'ID')
    await delay(3_000)
    expect(await client.call('CLIENT', 'ID')).toBe(id)
    await server.pause()
    await expect(client.call('PING')).rejects.toThrow()
    server.resume()
    await untilReady(client, 2_000)
    expect(await client.call('CLIENT', 'ID')).not.toBe(id)
  })

  it('sends nothing twice when the connection breaks before the answer', async () => {
    const server = await startRedis()
    const proxy = await kept(startTcpProxy(server))
    const { client } = await connect({ redisPort: proxy.port })
    const cut = proxy.cutAfterRequest(/item-1/)
    await expect(client.call('RPUSH', 'list', 'item-1')).rejects.toThrow()
    await cut
    await untilReady(client)
    expect(await client.call('LRANGE', 'list', 0, -1)).toEqual(['item-1'])
  })

  it('queues nothing while it is cut off', async () => {
    const server = await startRedis()
    const { client } = await connect({ redisPort: server.port })
    await server.kill()
    await vi.waitFor(() => expect(client.status).not.toBe('ready'))
    await expect(client.call('SET', 'late', 'ghost')).rejects.toThrow()
    await startRedis({ port: server.port })
    await untilReady(client)
    expect(await client.call('GET', 'late')).toBeNull()
  })

  it('looks for a new primary when its own became a replica, without sending again', async () => {
    const [old, next] = [await startRedis(), await startRedis()]
    const { client } = await connect({ redisPort: old.port })
    const id = await client.call('CLIENT', 'ID')
    await ask(old, 'REPLICAOF', next.host, String(next.port))
    await expect(client.call('SET', 'a', '1')).rejects.toThrow('READONLY')
    await vi.waitFor(async () => expect(await client.call('CLIENT', 'ID')).not.toBe(id))
  })

  it('selects a database, also after it was cut off', async () => {
    const server = await startRedis()
    const { client } = await connect({ redisPort: server.port, db: 3 })
    await client.call('SET', 'a', '1')
    const id = await client.call('CLIENT', 'ID')
    client.disconnect(true)
    await vi.waitFor(async () => expect(await client.call('CLIENT', 'ID')).not.toBe(id))
    expect(await client.call('GET', 'a')).toBe('1')
    expect(await ask(server, 'GET', 'a')).toBeNull()
  })
})

describe('who gets in', () => {
  it('is somebody with the password, a user of an ACL, and nobody else', async () => {
    const args = ['--user', 'ada', 'on', '>lovelace', '~*', '+@all']
    const { port } = await startRedis({ password: 'geheim', args })
    const answerOf = async (options: RedisConnectionOptions) => {
      const { client, lastError } = await connect({ redisPort: port, ...options })
      return client.status === 'ready' ? client.call('ACL', 'WHOAMI') : lastError()
    }
    expect(await answerOf({ password: 'geheim' })).toBe('default')
    expect(await answerOf({ username: 'ada', password: 'lovelace' })).toBe('ada')
    expect(await answerOf({ username: 'ada', password: () => 'lovelace' })).toBe('ada')
    expect(await answerOf({})).toContain('NOAUTH')
    expect(await answerOf({ username: 'ada', password: 'secret-of-ada' })).toContain('WRONGPASS')
    expect(await answerOf({ username: 'ada', password: () => 'secret-of-ada' })).toContain('WRONGPASS')
  })

  it('asks a password function before each connection, and again after it failed', async () => {
    const server = await startRedis({ password: 'first' })
    let answer: () => string | Promise<string> = () => 'first'
    const password = vi.fn(() => answer())
    const { client, lastError } = await connect({ redisPort: server.port, password })
    expect(await client.call('PING')).toBe('PONG')
    expect(password).toHaveBeenCalledTimes(1)

    await ask(server, 'ACL', 'SETUSER', 'default', 'resetpass', '>second')
    answer = () => Promise.reject(new Error('no token today'))
    client.disconnect(true)
    await vi.waitFor(() => expect(lastError()).toContain('no token today'))
    answer = () => 'first'
    await vi.waitFor(() => expect(lastError()).toContain('WRONGPASS'), 3_000)
    answer = async () => 'second'
    await untilReady(client)
    expect(await client.call('PING')).toBe('PONG')
  })

  it('does not wait for a password function that never answers', async () => {
    const { port } = await startRedis({ password: 'geheim' })
    const { client, close } = await connect({ redisPort: port, password: () => new Promise(() => {}) })
    expect(client.status).not.toBe('ready')
    await close()
  })

  it.each([
    ['a text', 'geheim-1'],
    ['a function', () => 'geheim-1'],
  ])('shows a wrong password nowhere that is ours, given as %s', async (_, password) => {
    // A server that knows no HELLO answers with all that was said to it.
    const { port } = await startRedis({
      args: ['--rename-command', 'AUTH', '', '--rename-command', 'HELLO', ''],
    })
    const connection = await connect({ redisPort: port, password })
    expect(connection.lastError()).toMatch(/unknown command/i)
    expect(inspect({ ...connection, client: undefined, said: connection.lastError() })).not.toContain('geheim')
  })

  it('goes by TLS, and only with a certificate that is trusted', async () => {
    const server = await startRedis({ tls: true, password: 'geheim' })
    for (const password of ['geheim', () => 'geheim']) {
      const { client } = await connect({ redisPort: server.port, password, tls: server.tls ?? false })
      expect(await client.call('PING')).toBe('PONG')
      const stranger = await connect({ redisPort: server.port, password, tls: true })
      expect(stranger.client.status).not.toBe('ready')
      expect(stranger.lastError()).toMatch(/self-signed|certificate/i)
    }
  })

  it('is who it was, in a duplicate that speaks RESP2', async () => {
    const server = await startRedis({ tls: true, password: 'first' })
    let token = 'first'
    const { client } = await connect({ redisPort: server.port, password: () => token, tls: server.tls ?? false })
    await ask(server, 'ACL', 'SETUSER', 'default', 'resetpass', '>second')
    token = 'second'
    const copy = duplicateInResp2(client)
    await untilReady(copy)
    expect(await copy.call('PING')).toBe('PONG')
    expect(await copy.call('HELLO')).toContain(2)
  })
})

describe('a connection to a cluster', () => {
  it('reaches all primaries by TLS with a password function, in RESP2 duplicates too, and survives each', {
    timeout: 90_000,
  }, async () => {
    const cluster = await kept(startRedisCluster({ tls: true, password: 'geheim' }))
    const password = vi.fn(() => 'geheim')
    const tls = cluster.nodes[0]?.tls ?? false
    const { client } = await connect({ cluster: cluster.addresses, password, tls })
    expect(primariesOf(client)).toHaveLength(3)
    const stranger = await connect({ cluster: cluster.addresses, password: 'wrong', tls })
    expect(stranger.lastError()).toContain('WRONGPASS')
    await stranger.close()
    const setAll = () => Promise.all(Array.from({ length: 64 }, (_, i) => client.call('SET', `key-${i}`, i)))
    // At once, and also to nodes that nothing was said to before.
    expect(new Set(await setAll())).toEqual(new Set(['OK']))

    const copies = primariesOf(client).map(duplicateInResp2)
    await Promise.all(copies.map((copy) => untilReady(copy)))
    const names = await Promise.all(copies.map((copy) => copy.call('CLUSTER', 'MYID')))
    expect(new Set(names).size).toBe(3)

    for (const node of [...cluster.nodes]) {
      await cluster.restart(node)
      await cluster.untilOk()
      await vi.waitFor(setAll, { timeout: 2_000, interval: 50 })
    }
    expect(password.mock.calls.length).toBeGreaterThan(6)
  })

  it('sends nothing twice when a node does not answer', async () => {
    const cluster = await kept(startRedisCluster({ nodeTimeoutMs: 20_000 }))
    const { client } = await connect({ cluster: cluster.addresses })
    const node = await cluster.primaryOf('list')
    await node.pause()
    await expect(client.call('RPUSH', 'list', 'item-1')).rejects.toThrow()
    node.resume()
    await vi.waitFor(async () => expect(await client.call('RPUSH', 'list', 'item-2')).toBe(2), 5_000)
  })

  it('comes back when all of it was gone', async () => {
    const cluster = await kept(startRedisCluster())
    const { client } = await connect({ cluster: cluster.addresses.slice(0, 1) })
    await Promise.all(cluster.nodes.map((node) => node.kill()))
    await expect(client.call('SET', 'a', '1')).rejects.toThrow()
    await Promise.all([...cluster.nodes].map((node) => cluster.restart(node)))
    await cluster.untilOk()
    await untilReady(client, 2_000)
  })
})

describe('a connection behind Sentinels', () => {
  it('follows the primary by TLS with a password function, in RESP2 duplicates too', { timeout: 90_000 }, async () => {
    const set = await kept(startRedisSentinel({ password: 'geheim', tls: true }))
    const password = vi.fn(() => 'geheim')
    const { client } = await connect({
      sentinel: { name: set.name, sentinels: set.addresses },
      password,
      tls: set.servers[0]?.tls ?? false,
    })
    expect(client.status).toBe('ready')
    expect(await client.call('SET', 'lake', 'Bled')).toBe('OK')
    const copy = duplicateInResp2(client)
    await untilReady(copy)

    const old = await set.primary()
    await old.kill()
    await vi.waitFor(async () => expect((await set.primary()).port).not.toBe(old.port), 15_000)
    await vi.waitFor(async () => expect(await client.call('SET', 'lake', 'Ohrid')).toBe('OK'), 5_000)
    expect(await ask(await set.primary(), 'GET', 'lake')).toBe('Ohrid')
  })
})

describe('what is refused', () => {
  it.each<[string, object, string]>([
    ['a name that nobody reads', { redishost: 'a' }, 'did you mean redisHost'],
    ['two places', { redisPort: 6379, cluster: [{ host: 'a', port: 1 }] }, 'no meaning beside cluster'],
    ['a password beside a client', { client: () => new Redis(), password: 'geheim' }, 'password has no meaning'],
    ['a database of a cluster', { cluster: [{ host: 'a', port: 1 }], db: 1 }, 'db has no meaning'],
    ['a URL for a host', { redisHost: 'redis://a:6379' }, 'option redisHost: expected a host name'],
    ['a port that is none', { redisPort: 70_000 }, 'option redisPort'],
    ['no client', { client: {} }, 'option client'],
    ['an empty cluster', { cluster: [] }, 'option cluster'],
    ['a node of a cluster as text', { cluster: ['a:1'] }, 'option cluster[0]'],
    ['Sentinels without a name', { sentinel: { sentinels: [{ host: 'a', port: 1 }] } }, 'option sentinel.name'],
    ['a password that is neither text nor function', { password: 123_456 }, 'option password: expected text'],
    ['certificates that are none', { tls: { ca: 1 } }, 'option tls'],
  ])('%s, without a connection', async (_, options, words) => {
    const refused = await connectRedis(options).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(words) })
    expect(String(refused)).not.toMatch(/geheim|123456/)
  })

  it('says how to get ioredis where there is none', async () => {
    const load = () => Promise.reject(new Error('not found'))
    const refused = connectRedis({}, { load })
    await expect(refused).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringContaining('npm install'),
    })
  })
})

describe("a caller's own client", () => {
  it('is used as it is and left open, and a function makes one that is closed', async () => {
    const { port } = await startRedis()
    const own = new Redis(port, { lazyConnect: true })
    stops.push(async () => own.disconnect())
    const given = await connect({ client: own })
    expect(given.client).toBe(own)
    expect(own.status).toBe('ready')
    await given.close()
    expect(await own.ping()).toBe('PONG')

    const made = await connect({ client: async () => new Redis(port) })
    await made.close()
    await expect(made.client.call('PING')).rejects.toThrow()
  })

  it('that renames keys or reads from replicas is refused: nobody would hear of changes, or copies be behind', async () => {
    const server = await startRedis()
    const { host, port } = server
    for (const client of [
      new Redis({ host, port, keyPrefix: 'app:', lazyConnect: true }),
      new Cluster([{ host, port }], { redisOptions: { keyPrefix: 'app:' }, lazyConnect: true }),
      new Cluster([{ host, port }], { scaleReads: 'slave', lazyConnect: true }),
    ]) {
      const refused = { code: 'INVALID_OPTION', details: { name: 'client' } }
      await expect(connectRedis({ client })).rejects.toMatchObject(refused)
      await expect(connectRedis({ client: () => client })).rejects.toMatchObject(refused)
      client.disconnect()
    }
  })

  it('that is not made in time is refused, and closed when it comes after all', async () => {
    const { port } = await startRedis()
    const late = new Redis(port)
    const refused = connectRedis({ client: () => delay(200, late) }, { readyWithinMs: 20 })
    await expect(refused).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await vi.waitFor(() => expect(late.status).toBe('end'))
    const failed = connectRedis({ client: () => Promise.reject(new Error('no way in')) })
    await expect(failed).rejects.toThrow(/no way in/)
  })
})
