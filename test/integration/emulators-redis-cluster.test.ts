import { existsSync } from 'node:fs'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isRunning } from '../../emulators/processes.ts'
import type { RedisServer } from '../../emulators/redis.ts'
import { type RedisCluster, startRedisCluster } from '../../emulators/redis-cluster.ts'
import { ask, sendCommand } from '../../emulators/resp.ts'

const KEYS = Array.from({ length: 100 }, (_, i) => `key ${i}`)

describe('Redis cluster', () => {
  let cluster: RedisCluster
  let client: Cluster

  beforeAll(async () => {
    cluster = await startRedisCluster()
    client = new Cluster([...cluster.addresses], { clusterRetryStrategy: () => 50 })
    client.on('error', () => {})
  })

  afterAll(async () => {
    client?.disconnect()
    await cluster?.stop()
  })

  async function writeAll(): Promise<void> {
    await Promise.all(KEYS.map((key) => client.set(key, key)))
    expect(await Promise.all(KEYS.map((key) => client.get(key)))).toEqual(KEYS)
  }

  it('keeps each key on one of three nodes, and each node has some', async () => {
    await writeAll()
    const sizes = await Promise.all(cluster.nodes.map((node) => sendCommand(node, ['DBSIZE'])))
    expect(sizes.map(Number).reduce((sum, size) => sum + size)).toBe(KEYS.length)
    expect(sizes).not.toContain(0)
    expect(cluster.addresses).toEqual(cluster.nodes.map(({ host, port }) => ({ host, port })))
  })

  it('says which node serves a key, and the others say so too', async () => {
    for (const key of KEYS.slice(0, 10)) {
      const primary = await cluster.primaryOf(key)
      for (const node of cluster.nodes) {
        const reply = await sendCommand(node, ['GET', key])
        if (node === primary) expect(reply).toBe(key)
        else expect((reply as Error).message).toMatch(`127.0.0.1:${primary.port}`)
      }
    }
  })

  it('hands a slot with its keys to another primary', async () => {
    const key = '{moved}'
    const from = await cluster.primaryOf(key)
    const to = cluster.nodes.find((node) => node !== from) as RedisServer
    for (const suffix of ['a', 'b']) await client.set(key + suffix, suffix)
    await cluster.moveSlot(key, to, async () => {
      expect((await sendCommand(from, ['GET', `${key}a`])) as Error).toMatchObject({
        message: expect.stringMatching(`^ASK .*:${to.port}$`),
      })
      expect(await client.get(`${key}a`)).toBe('a')
    })
    expect(await cluster.primaryOf(key)).toBe(to)
    expect(await sendCommand(to, ['MGET', `${key}a`, `${key}b`])).toEqual(['a', 'b'])
    expect(await client.get(`${key}b`)).toBe('b')
  })

  it('goes down with a node that is killed, and is whole again when that is restarted', async () => {
    const [node, other] = cluster.nodes as readonly [RedisServer, RedisServer, RedisServer]
    await node.kill()
    await vi.waitFor(async () => expect(await ask(other, 'CLUSTER', 'INFO')).toContain('cluster_state:fail'), 10_000)
    const again = await cluster.restart(node)
    expect([again.port, cluster.nodes[0]]).toEqual([node.port, again])
    await cluster.untilOk()
    await writeAll()
    expect(await sendCommand(again, ['DBSIZE'])).toBeGreaterThan(0)
  })

  it('leaves neither process nor folder after stop, also of nodes that were restarted, and may be stopped again', async () => {
    client.disconnect()
    await cluster.stop()
    await cluster.stop()
    expect(cluster.nodes.map(({ pid }) => isRunning(pid))).toEqual([false, false, false])
    expect(cluster.nodes.map(({ workDir }) => existsSync(workDir))).toEqual([false, false, false])
  })
})

describe('Redis cluster with replicas, TLS and a password', () => {
  let cluster: RedisCluster

  beforeAll(async () => {
    cluster = await startRedisCluster({ replicas: 1, tls: true, password: 'deep' })
  })

  afterAll(async () => {
    await cluster?.stop()
  })

  it('puts the replica in the place of a primary that is killed, and takes that back as its replica', async () => {
    const before = await cluster.primaryOf('k')
    expect(cluster.nodes.indexOf(before)).toBeLessThan(3)
    expect(await sendCommand(before, ['SET', 'k', 'v'])).toBe('OK')
    const replica = cluster.nodes[3 + cluster.nodes.indexOf(before)] as RedisServer
    await vi.waitFor(async () => expect(await sendCommand(replica, ['DBSIZE'])).toBe(1))
    await before.kill()
    await cluster.untilOk()
    const after = await cluster.primaryOf('k')
    expect(after).toBe(replica)
    expect(await sendCommand(after, ['GET', 'k'])).toBe('v')
    const again = await cluster.restart(before)
    await cluster.untilOk()
    const role = (await sendCommand(again, ['ROLE'])) as readonly unknown[]
    expect(role.slice(0, 4)).toEqual(['slave', '127.0.0.1', after.port, 'connected'])
  })

  it('talks to clients that speak TLS and know the password', async () => {
    const { port, tls, password = '' } = await cluster.primaryOf('k')
    const client = new Cluster([{ host: '127.0.0.1', port }], { redisOptions: { ...(tls && { tls }), password } })
    client.on('error', () => {})
    expect(await client.set('k', 'known')).toBe('OK')
    client.disconnect()
    const anonymous = { host: '127.0.0.1', port, ...(tls && { tls }) }
    expect(await sendCommand(anonymous, ['GET', 'k'])).toMatchObject({ message: expect.stringContaining('NOAUTH') })
    await expect(sendCommand({ host: '127.0.0.1', port }, ['PING'])).rejects.toThrow()
  })

  async function keyElsewhere(than: RedisServer): Promise<string> {
    for (const key of KEYS) if ((await cluster.primaryOf(key)) !== than) return key
    throw new Error('Cannot find a key on another node')
  }

  it('moves a slot as well', async () => {
    const from = await cluster.primaryOf('k')
    const to = await cluster.primaryOf(await keyElsewhere(from))
    await cluster.moveSlot('k', to)
    expect(await sendCommand(to, ['GET', 'k'])).toBe('known')
  })
})

it('a cluster that does not start leaves nothing behind, and says why', async () => {
  await expect(startRedisCluster({ args: ['--maxmemory', 'plenty'] })).rejects.toThrow(/maxmemory/)
})
