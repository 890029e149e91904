import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { type RedisCluster, startRedisCluster } from '../../emulators/redis-cluster.ts'
import { ask } from '../../emulators/resp.ts'
import { isThermoclineError } from '../../src/errors.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../src/thermocline.ts'
import {
  type Address,
  addOwn,
  changeOwn,
  hostileAddresses,
  inBatches,
  type Known,
} from '../support/hostile-addresses.ts'
import { contents } from '../support/items.ts'
import { Chance } from '../support/random.ts'
import { keysOf, sharedStats } from '../support/redis-place.ts'

const PREFIX = 'lake'
/** A session key is a hash; nothing else of ours stands in braces, which choose the slot. */
const OUR_KEY = /^lake:(?:h:[0-9a-z]{0,64}\{[0-9a-v]{26}\}|s:[0-9a-z]{0,64}\{[0-9a-v]{26}\}:[\w-]+|probe)$/
const AT_ONCE = 250

let single: RedisServer
let cluster: RedisCluster

beforeAll(async () => {
  ;[single, cluster] = await Promise.all([startRedis(), startRedisCluster()])
})

afterAll(async () => {
  await Promise.all([single?.stop(), cluster?.stop()])
})

function open(redis: NonNullable<TieredStorageManagerOptions['redis']>): TieredStorageManager {
  const memory = new TieredStorageManager({
    path: ':memory:',
    tierMigrationInterval: 0,
    tailMaxItems: 4,
    redis: { keyPrefix: PREFIX, ...redis },
  })
  onTestFinished(() => memory.close())
  return memory
}

async function expectRefused(memory: TieredStorageManager, address: Address): Promise<void> {
  for (const call of [
    () => memory.addMemoryItem({ ...address, content: 'x', contentType: 'note' }),
    () => memory.getConversationHistory({ ...address, read: 'strong' }),
  ]) {
    const error: unknown = await call().then(
      (answer) => answer,
      (reason: unknown) => reason,
    )
    if (!isThermoclineError(error, 'INVALID_ID')) expect.unreachable(`it answered ${String(error)}`)
  }
}

async function act(memory: TieredStorageManager, one: Known, chance: Chance): Promise<void> {
  const id = await addOwn(memory, one, 1)
  // Leaves a copy, which is then added to.
  await memory.getConversationHistory({ ...one.address, read: 'strong', limit: 5 })
  await addOwn(memory, one, 2)
  await changeOwn(memory, one, id, chance.between(1, 10))
}

/** Everything, and then a read of each, which Redis answers where nothing structural was done. */
async function through(memory: TieredStorageManager, count: number): Promise<readonly Known[]> {
  const { known, refused } = hostileAddresses(count, 11)
  const chance = new Chance(5)
  await inBatches(AT_ONCE, refused, (address) => expectRefused(memory, address))
  await inBatches(AT_ONCE, known, (one) => act(memory, one, chance))
  const { hits } = sharedStats(memory)
  await inBatches(AT_ONCE, known, async ({ address, expected }) => {
    const items = await memory.getConversationHistory({ ...address, read: 'strong' })
    if (contents(items).join('\n') !== expected.join('\n')) expect(contents(items)).toEqual(expected)
    for (const item of items) {
      const isOwn = item.userId === address.userId && item.sessionId === address.sessionId
      if (!isOwn || item.tenantId !== address.tenantId) expect(item).toMatchObject(address)
    }
  })
  const live = known.filter(({ expected }) => expected.length > 0)
  expect(sharedStats(memory).hits - hits).toBeGreaterThan(known.length / 2)
  expect(sharedStats(memory)).toMatchObject({ failures: 0, isReachable: true })
  return live
}

function expectOurs(keys: readonly string[], live: readonly Known[]): void {
  expect(keys.filter((key) => !OUR_KEY.test(key)).slice(0, 5)).toEqual([])
  // Those that were deleted and read again have a lease.
  expect(keys.filter((key) => key.startsWith(`${PREFIX}:h:`)).length).toBeGreaterThanOrEqual(live.length)
}

describe('hostile ids', () => {
  it('10,000 triples of them reach nothing but their own on a single server', async () => {
    const memory = open({ redisHost: single.host, redisPort: single.port })
    const live = await through(memory, 10_000)
    expectOurs(await keysOf(single), live)
  })

  it('2,000 triples of them do so on a cluster', async () => {
    const memory = open({ cluster: cluster.addresses })
    const live = await through(memory, 2_000)
    expectOurs((await Promise.all(cluster.nodes.map((node) => keysOf(node)))).flat(), live)
  })

  it('choose no slot of a cluster', async () => {
    const memory = open({ cluster: cluster.addresses })
    await Promise.all(cluster.nodes.map((node) => ask(node, 'FLUSHALL')))
    const count = 600
    const tags = ['{slot}', '{slot}{', '}{slot}', '{{slot}}', 'x{slot}', '{slot}:x']
    const sessions = Array.from({ length: count }, (_, i) => {
      const tag = tags[i % tags.length]!
      return { tenantId: '{slot}', userId: tag, sessionId: `${tag}${i}` }
    })
    await inBatches(AT_ONCE, sessions, async (address) => {
      await memory.addMemoryItem({ ...address, content: 'x', contentType: 'note' })
      await memory.getConversationHistory({ ...address, read: 'strong' })
    })
    const keys = await Promise.all(cluster.nodes.map((node) => keysOf(node, `${PREFIX}:h:`)))
    expect(keys.flat()).toHaveLength(count)
    // A third each, give or take what chance does.
    for (const { length } of keys) expect(Math.abs(length - count / 3)).toBeLessThan(60)
    const slots = await Promise.all(keys.flat().map((key) => ask(cluster.nodes[0]!, 'CLUSTER', 'KEYSLOT', key)))
    expect(new Set(slots).size).toBeGreaterThan(count * 0.9)
  })
})
