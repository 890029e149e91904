import { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import type { RedisClient } from '../../src/clients/ioredis.ts'
import type { SessionKey } from '../../src/memory/session.ts'
import { RedisInvalidations } from '../../src/stores/redis/invalidations.ts'

async function server(): Promise<{ readonly address: RedisServer; readonly client: RedisClient }> {
  const address = await startRedis()
  const client = new Redis({ host: address.host, port: address.port }) as unknown as RedisClient
  onTestFinished(async () => {
    client.disconnect()
    await address.stop()
  })
  return { address, client }
}

it('a primary that joins the others makes all that was kept until it is heard count no more', async () => {
  const [first, second] = [(await server()).client, (await server()).client]
  const primaries = [first]
  // A client of a cluster, as far as its primaries go.
  const cluster: RedisClient = Object.assign(Object.create(first) as RedisClient, { nodes: () => primaries })
  const changes = new RedisInvalidations()
  onTestFinished(() => changes.close())
  const told: (SessionKey | undefined)[] = []
  changes.open(cluster, 'test:h:')
  await expect.poll(() => changes.isHeard()).toBe(true)
  changes.listen((key) => told.push(key))
  primaries.push(second)
  await expect.poll(() => told.includes(undefined) && changes.isHeard(), { timeout: 5_000 }).toBe(true)
  // And it is heard too.
  const key = 'a'.repeat(26) as SessionKey
  await second.call('set', `test:h:{${key}}`, '')
  await expect.poll(() => told).toContain(key)
})
