import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type RedisCluster, startRedisCluster } from '../../emulators/redis-cluster.ts'
import { type RedisSentinelSet, startRedisSentinel } from '../../emulators/redis-sentinel.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, contents, message, numbered } from '../support/items.ts'
import { keysOf, redisPlace, sharedStats, untilUsed } from '../support/redis-place.ts'

/** What is promised of a failover, of which Sentinels need one to be sure that a primary is gone. */
const RECOVERY_MS = 5_000
/** Strong reads may lack for so long what the new primary has never heard of. */
const MAX_PROOF_AGE_MS = 1_000
const SESSIONS = numbered(10)

let set: RedisSentinelSet
let cluster: RedisCluster

beforeAll(async () => {
  // Behind Sentinels two primaries fail, one after the other.
  ;[set, cluster] = await Promise.all([startRedisSentinel({ replicas: 2 }), startRedisCluster({ replicas: 1 })])
})

afterAll(async () => {
  await Promise.all([set?.stop(), cluster?.stop()])
})

/** Adds to some sessions and reads them strongly, all the time, until told to stop; nothing of it may fail. */
class Load {
  readonly added = new Map<string, string[]>(SESSIONS.map((sessionId) => [sessionId, []]))
  readonly #writer: TieredStorageManager
  readonly #reader: TieredStorageManager
  #isOver = false
  readonly #running: Promise<unknown>

  constructor(writer: TieredStorageManager, reader: TieredStorageManager) {
    this.#writer = writer
    this.#reader = reader
    this.#running = Promise.all(SESSIONS.flatMap((sessionId) => [this.#add(sessionId), this.#read(sessionId)]))
    onTestFinished(() => this.stop())
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  /** Whether each strong read has all that was added, of both managers. */
  async isRight(): Promise<boolean> {
    const rights = await Promise.all(
      [this.#reader, this.#writer].flatMap((memory) =>
        SESSIONS.map(async (sessionId) => {
          const added = this.added.get(sessionId)!.join()
          return (await strong(memory, sessionId)).join().startsWith(added)
        }),
      ),
    )
    return !rights.includes(false)
  }

  async #add(sessionId: string): Promise<void> {
    for (let i = 1; !this.#isOver; i++) {
      await this.#writer.addMemoryItem(message(`${sessionId} ${i}`, { sessionId }))
      this.added.get(sessionId)!.push(`${sessionId} ${i}`)
      await turns(5)
    }
  }

  /** All in order, none double, none that was never added; what is missing is missing at the end. */
  async #read(sessionId: string): Promise<void> {
    for (; !this.#isOver; await turns(5)) {
      const found = await strong(this.#reader, sessionId)
      const right = found.map((_, i) => `${sessionId} ${i + 1}`)
      if (found.join() !== right.join()) expect(found).toEqual(right)
    }
  }
}

async function strong(memory: TieredStorageManager, sessionId: string): Promise<string[]> {
  return contents(await memory.getConversationHistory({ ...CHAT, sessionId, read: 'strong' }))
}

/** Of the event loop: the file answers at once, so that others would get none. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function two(redis: NonNullable<Parameters<typeof redisPlace>[1]>) {
  const place = redisPlace(undefined, redis)
  const options = { maxProofAgeMs: MAX_PROOF_AGE_MS }
  const [writer, reader] = await Promise.all([place.open(options), place.open(options)])
  return { place, writer, reader }
}

async function untilRight(load: Load): Promise<void> {
  await expect.poll(() => load.isRight(), { timeout: MAX_PROOF_AGE_MS + 500, interval: 20 }).toBe(true)
}

describe('behind Sentinels', () => {
  it('a primary that hangs is one that is gone', async () => {
    const { writer, reader } = await two({ sentinel: { name: set.name, sentinels: set.addresses } })
    const load = new Load(writer, reader)
    const primary = await set.primary()
    await primary.pause()
    await expect.poll(() => sharedStats(writer).isReachable, { timeout: 1_000, interval: 5 }).toBe(false)
    // While it hangs it takes connections, so that an attempt may go to it still.
    await untilUsed([writer, reader], RECOVERY_MS + 1_500)
    await untilRight(load)
    // It comes back as a replica, with what it had.
    primary.resume()
    await untilRight(load)
    await load.stop()
    expect(await load.isRight()).toBe(true)
  })

  it('a primary that is killed under load takes nothing with it, and the next is used within 5 s', async () => {
    const { place, writer, reader } = await two({ sentinel: { name: set.name, sentinels: set.addresses } })
    const load = new Load(writer, reader)
    await expect.poll(() => sharedStats(reader).hits, { timeout: 2_000 }).toBeGreaterThan(50)
    const primary = await set.primary()
    const diedAt = Date.now()
    await primary.kill()
    await expect.poll(() => sharedStats(writer).isReachable, { timeout: 1_000, interval: 5 }).toBe(false)
    await untilUsed([writer, reader], RECOVERY_MS)
    expect(Date.now() - diedAt).toBeLessThan(RECOVERY_MS)
    await untilRight(load)
    await load.stop()
    expect(await load.isRight()).toBe(true)
    const next = await set.primary()
    expect(next.port).not.toBe(primary.port)
    expect(await keysOf(next, place.keyPrefix)).not.toEqual([])
    const { hits } = sharedStats(reader)
    for (const sessionId of SESSIONS) await strong(reader, sessionId)
    expect(sharedStats(reader).hits).toBeGreaterThan(hits)
  })
})

describe('on a cluster', () => {
  it('a primary that dies takes nothing with it, and its replica is used, and then itself', async () => {
    const { writer, reader } = await two({ cluster: cluster.addresses })
    const load = new Load(writer, reader)
    await expect.poll(() => sharedStats(reader).hits, { timeout: 2_000 }).toBeGreaterThan(50)
    const [primary] = cluster.nodes
    await primary!.kill()
    await expect.poll(() => sharedStats(writer).isReachable, { timeout: 2_000, interval: 5 }).toBe(false)
    await untilUsed([writer, reader], RECOVERY_MS)
    await untilRight(load)
    await cluster.restart(primary!)
    await cluster.untilOk()
    await untilUsed([writer, reader])
    await untilRight(load)
    await load.stop()
    expect(await load.isRight()).toBe(true)
  })

  it('a slot moves and nobody notices', async () => {
    const { place, writer, reader } = await two({ cluster: cluster.addresses })
    await addAll(writer, ['before'])
    await strong(reader, CHAT.sessionId)
    const [key] = (await Promise.all(cluster.nodes.map((node) => keysOf(node, `${place.keyPrefix}:h:`)))).flat()
    const from = await cluster.primaryOf(key!)
    const to = (await Promise.all(numbered(9).map((name) => cluster.primaryOf(name)))).find(
      ({ port }) => port !== from.port,
    )
    const load = new Load(writer, reader)
    await cluster.moveSlot(key!, to!, async () => {
      await addAll(writer, ['on the way'])
      expect(await strong(reader, CHAT.sessionId)).toEqual(['before', 'on the way'])
      await addAll(reader, ['too'])
    })
    await addAll(writer, ['after'])
    const truth = ['before', 'on the way', 'too', 'after']
    for (const memory of [writer, reader]) {
      expect(await strong(memory, CHAT.sessionId)).toEqual(truth)
      const cached = async () => contents(await memory.getConversationHistory(CHAT))
      await expect.poll(cached, { timeout: 300, interval: 5 }).toEqual(truth)
    }
    expect(await keysOf(to!, `${place.keyPrefix}:h:`)).toContain(key)
    await load.stop()
    expect(await load.isRight()).toBe(true)
    for (const memory of [writer, reader]) expect(sharedStats(memory)).toMatchObject({ failures: 0, isReachable: true })
  })
})
