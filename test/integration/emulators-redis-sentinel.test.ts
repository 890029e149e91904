import { existsSync } from 'node:fs'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isRunning } from '../../emulators/processes.ts'
import type { RedisServer } from '../../emulators/redis.ts'
import { type RedisSentinelSet, startRedisSentinel } from '../../emulators/redis-sentinel.ts'
import { sendCommand } from '../../emulators/resp.ts'

const FAILOVER_WITHIN_MS = 20_000

function clientOf({ addresses, name, servers }: RedisSentinelSet): Redis {
  const { password, tls } = servers[0] as RedisServer
  const client = new Redis({
    sentinels: [...addresses],
    name,
    sentinelRetryStrategy: () => 50,
    ...(tls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
    ...(password !== undefined && { password }),
  })
  client.on('error', () => {})
  return client
}

function primaryOtherThan(before: RedisServer, set: RedisSentinelSet): Promise<RedisServer> {
  return vi.waitFor(async () => {
    const primary = await set.primary()
    expect(primary).not.toBe(before)
    return primary
  }, FAILOVER_WITHIN_MS)
}

async function isReplicaOf(server: RedisServer, primary: RedisServer): Promise<void> {
  const role = (await sendCommand(server, ['ROLE'])) as readonly unknown[]
  expect(role.slice(0, 3)).toEqual(['slave', '127.0.0.1', primary.port])
}

describe('Redis Sentinel', () => {
  let set: RedisSentinelSet
  let client: Redis

  beforeAll(async () => {
    set = await startRedisSentinel()
    client = clientOf(set)
  })

  afterAll(async () => {
    client?.disconnect()
    await set?.stop()
  })

  it('starts with a primary, a replica and three sentinels that know each other', async () => {
    const [primary, replica] = set.servers as readonly [RedisServer, RedisServer]
    expect(await set.primary()).toBe(primary)
    await isReplicaOf(replica, primary)
    for (const sentinel of set.sentinels) {
      const reply = await sendCommand(sentinel, ['SENTINEL', 'CKQUORUM', set.name])
      expect(reply).toMatch(/^OK 3 usable Sentinels/)
    }
    expect(set.addresses).toEqual(set.sentinels.map(({ host, port }) => ({ host, port })))
  })

  it('puts the replica in the place of a primary that is killed, and takes that back as its replica', async () => {
    const before = await set.primary()
    await client.set('k', 'v')
    expect(await client.wait(1, 5_000)).toBe(1)
    await before.kill()
    const after = await primaryOtherThan(before, set)
    expect(await client.get('k')).toBe('v')
    expect(await client.set('k', 'w')).toBe('OK')
    expect(await sendCommand(after, ['GET', 'k'])).toBe('w')
    const again = await set.restart(before)
    await set.untilOk()
    expect(set.servers).toContain(again)
    await isReplicaOf(again, after)
    expect(await set.primary()).toBe(after)
  })

  it('does the same with one that is paused', async () => {
    const before = await set.primary()
    await before.pause()
    const after = await primaryOtherThan(before, set)
    expect(await sendCommand(after, ['GET', 'k'])).toBe('w')
    before.resume()
    await set.untilOk()
    await isReplicaOf(before, after)
  })

  it('names the primary while a sentinel is gone, and takes that back', async () => {
    const primary = await set.primary()
    const sentinel = set.sentinels[0] as RedisServer
    await sentinel.kill()
    expect(await set.primary()).toBe(primary)
    const again = await set.restart(sentinel)
    await set.untilOk()
    expect(set.sentinels[0]).toBe(again)
    expect(await sendCommand(again, ['SENTINEL', 'CKQUORUM', set.name])).toMatch(/^OK 3 usable Sentinels/)
  })

  it('leaves neither process nor folder after stop, and may be stopped again', async () => {
    client.disconnect()
    const all = [...set.servers, ...set.sentinels]
    await set.stop()
    await set.stop()
    expect(all.filter(({ pid, workDir }) => isRunning(pid) || existsSync(workDir))).toEqual([])
  })
})

describe('Redis Sentinel with TLS and a password', () => {
  it('follows a failover as well', async () => {
    const set = await startRedisSentinel({ name: 'deep-lake', tls: true, password: 'deep' })
    const client = clientOf(set)
    try {
      expect(await client.set('k', 'v')).toBe('OK')
      expect(await client.wait(1, 5_000)).toBe(1)
      const before = await set.primary()
      const { host, port, tls } = before
      const anonymous = { host, port, ...(tls && { tls }) }
      expect(await sendCommand(anonymous, ['GET', 'k'])).toMatchObject({ message: expect.stringMatching(/^NOAUTH/) })
      await before.kill()
      const after = await primaryOtherThan(before, set)
      expect(await sendCommand(after, ['GET', 'k'])).toBe('v')
      expect(await client.get('k')).toBe('v')
    } finally {
      client.disconnect()
      await set.stop()
    }
  })
})
