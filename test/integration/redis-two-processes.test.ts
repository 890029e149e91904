import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { ask } from '../../emulators/resp.ts'
import { startTcpProxy, type TcpProxy } from '../../emulators/tcp-proxy.ts'
import { APPEND, FILL, LEASE } from '../../src/stores/redis/scripts.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, contents, numbered } from '../support/items.ts'
import { keysOf, redisPlace, sharedStats, untilUsed } from '../support/redis-place.ts'

/** What a busy machine may add to any time that is promised. */
const NOISE_MS = 200
const HEALTHY_MS = 100 + NOISE_MS
/** The first read after that may have to find out that Redis does not answer. */
const CUT_OFF_MS = 2_000 + 250 + NOISE_MS

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})

afterAll(() => server?.stop())

async function proxyOf(target: RedisServer): Promise<TcpProxy> {
  const proxy = await startTcpProxy(target)
  onTestFinished(() => proxy.stop())
  return proxy
}

async function cached(memory: TieredStorageManager, sessionId = CHAT.sessionId): Promise<string[]> {
  return contents(await memory.getConversationHistory({ ...CHAT, sessionId }))
}

async function strong(memory: TieredStorageManager): Promise<string[]> {
  return contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))
}

/** Reads until a read needs Redis no more. */
async function untilHere(memory: TieredStorageManager, sessionId?: string): Promise<void> {
  const asked = async () => {
    const { hits, misses } = sharedStats(memory)
    await cached(memory, sessionId)
    const after = sharedStats(memory)
    return after.hits + after.misses - hits - misses
  }
  await expect.poll(asked, { timeout: 2_000, interval: 5 }).toBe(0)
}

/** One that writes, and one that reads and has a copy of its own of what is there. */
async function two(readerRedis: Parameters<typeof redisPlace>[1] = {}) {
  const place = redisPlace(undefined)
  const address = { redisHost: server.host, redisPort: server.port }
  const writer = await place.open({ redis: address })
  const reader = await place.open({ redis: Object.keys(readerRedis).length === 0 ? address : readerRedis })
  const ids = await addAll(writer, numbered(5))
  await untilHere(reader)
  return { place, writer, reader, ids }
}

describe('what another process does', () => {
  const changes: [string, (writer: TieredStorageManager, ids: readonly string[]) => Promise<unknown>, string[]][] = [
    ['adds', (writer) => addAll(writer, ['added']), [...numbered(5), 'added']],
    [
      'changes',
      (writer, ids) => writer.updateMemoryItem(ids[1]!, { content: 'changed' }),
      ['m1', 'changed', 'm3', 'm4', 'm5'],
    ],
    ['deletes', (writer, ids) => writer.deleteMemoryItem(ids[1]!), ['m1', 'm3', 'm4', 'm5']],
    ['pops', (writer) => writer.popMemoryItem(CHAT), numbered(4)],
    ['deletes as a whole', (writer) => writer.deleteSession(CHAT), []],
    ['erases', (writer) => writer.eraseUser({ userId: CHAT.userId }), []],
  ]

  it.each(changes)('%s is seen at once by strong reads, and by all others within 100 ms', async (_, change, truth) => {
    const { place, writer, reader, ids } = await two()
    const another = await place.open({ redis: { redisHost: server.host, redisPort: server.port } })
    await change(writer, ids)
    expect(await strong(another)).toEqual(truth)
    await expect.poll(() => cached(reader), { timeout: HEALTHY_MS, interval: 2 }).toEqual(truth)
  })

  it('changes of an item is seen by its id', async () => {
    const { writer, reader, ids } = await two()
    expect(await reader.getMemoryItem(ids[0]!)).toMatchObject({ content: 'm1' })
    await writer.updateMemoryItem(ids[0]!, { content: 'changed' })
    expect(await reader.getMemoryItem(ids[0]!, { read: 'strong' })).toMatchObject({ content: 'changed' })
    await writer.deleteMemoryItem(ids[0]!)
    const item = () => reader.getMemoryItem(ids[0]!)
    await expect.poll(item, { timeout: HEALTHY_MS, interval: 2 }).toBeUndefined()
  })
})

describe('a process whose invalidation line', () => {
  it.each([
    ['is killed', () => ask(server, 'CLIENT', 'KILL', 'TYPE', 'pubsub')],
    ['is killed with all other connections', () => ask(server, 'CLIENT', 'KILL', 'TYPE', 'normal')],
  ])('%s serves no old copy, and keeps copies again', async (_, kill) => {
    const { writer, reader } = await two()
    await kill()
    await addAll(writer, ['after'])
    const truth = [...numbered(5), 'after']
    await expect.poll(() => cached(reader), { timeout: CUT_OFF_MS, interval: 2 }).toEqual(truth)
    await untilUsed([writer, reader])
    await untilHere(reader)
    await addAll(writer, ['later'])
    await expect.poll(() => cached(reader), { timeout: HEALTHY_MS, interval: 2 }).toEqual([...truth, 'later'])
  })

  it('is another one by now serves nothing that was kept before', async () => {
    const { writer, reader } = await two()
    await addAll(writer, ['of another session'], { sessionId: 'another' })
    await ask(server, 'CLIENT', 'KILL', 'TYPE', 'pubsub')
    await addAll(writer, ['told to nobody'])
    // Whatever is kept from here on is kept under the new line.
    await untilHere(reader, 'another')
    expect(await cached(reader)).toEqual([...numbered(5), 'told to nobody'])
  })

  it('goes silent serves an old copy for 2 s at most', async () => {
    const proxy = await proxyOf(server)
    // Commands go straight to the server, and only what it tells by itself through the proxy.
    const client = new Redis({ host: server.host, port: server.port, maxRetriesPerRequest: 0 })
    onTestFinished(() => client.disconnect())
    const duplicate = client.duplicate.bind(client)
    client.duplicate = (override) => duplicate({ ...override, host: proxy.host, port: proxy.port })
    const { writer, reader } = await two({ client })
    expect(proxy.connections()).toBe(1)
    proxy.blackhole('replies')
    await addAll(writer, ['untold'])
    const truth = [...numbered(5), 'untold']
    expect(await cached(reader)).toEqual(numbered(5))
    expect(await strong(reader)).toEqual(truth)
    await addAll(writer, ['untold too'])
    const all = [...truth, 'untold too']
    await expect.poll(() => cached(reader), { timeout: CUT_OFF_MS, interval: 5 }).toEqual(all)
    // Redis answers, and nothing is kept here.
    expect(sharedStats(reader).isReachable).toBe(true)
    proxy.resume()
    await untilHere(reader)
    expect(await cached(reader)).toEqual(all)
  })

  it.each<[string, (proxy: TcpProxy) => void]>([
    ['and all else is held back by the network', (proxy) => proxy.blackhole()],
    [
      'and all else is cut, and nothing let through',
      (proxy) => {
        proxy.refuse()
        proxy.cut()
      },
    ],
  ])('%s serves an old copy for 2 s at most, and then the file', async (_, harm) => {
    const proxy = await proxyOf(server)
    const { writer, reader } = await two({ redisHost: proxy.host, redisPort: proxy.port })
    harm(proxy)
    await addAll(writer, ['after'])
    const truth = [...numbered(5), 'after']
    await expect.poll(() => cached(reader), { timeout: CUT_OFF_MS, interval: 5 }).toEqual(truth)
    expect(await strong(reader)).toEqual(truth)
    // What it does itself it sees at once, and so does everybody.
    await addAll(reader, ['ours'])
    expect(await cached(reader)).toEqual([...truth, 'ours'])
    await proxy.accept()
    proxy.resume()
    await untilUsed(reader, 4_000)
    await expect.poll(() => strong(writer), { timeout: 500, interval: 5 }).toEqual([...truth, 'ours'])
    expect(await strong(reader)).toEqual([...truth, 'ours'])
  })

  it('tells of an emptied server lets go of all copies', async () => {
    const { reader } = await two()
    expect(reader.getStats().hot.sessions).toBe(1)
    await ask(server, 'FLUSHALL')
    await expect.poll(() => reader.getStats().hot.sessions, { timeout: HEALTHY_MS, interval: 2 }).toBe(0)
    expect(await cached(reader)).toEqual(numbered(5))
  })
})

describe('a reply that is cut', () => {
  const truth = [...numbered(5), 'added']
  const works: [
    string,
    RegExp,
    (memory: TieredStorageManager, ids: readonly string[]) => Promise<unknown>,
    string[],
  ][] = [
    ['of an append', new RegExp(APPEND.sha), (memory) => addAll(memory, ['added']), truth],
    ['of a lease', new RegExp(LEASE.sha), (memory) => strong(memory), numbered(5)],
    ['of a fill', new RegExp(FILL.sha), (memory) => strong(memory), numbered(5)],
    ['of a read', /getrange/, (memory) => strong(memory), numbered(5)],
    ['of a deletion of the copy', /unlink/, (memory, ids) => memory.deleteMemoryItem(ids[4]!), numbered(4)],
  ]

  it.each(works.map((work, i) => [...work, i % 2 === 0 ? 3 : 0] as const))(
    '%s changes nothing that anybody reads',
    async (what, request, work, expected, replyBytes) => {
      const proxy = await proxyOf(server)
      const place = redisPlace(undefined)
      const [one, other] = await Promise.all([
        place.open({ redis: { redisHost: proxy.host, redisPort: proxy.port } }),
        place.open({ redis: { redisHost: server.host, redisPort: server.port } }),
      ])
      const ids = await addAll(one, numbered(5))
      // All scripts are known to the server, so that each call is one.
      for (const memory of [one, other]) await strong(memory)
      if (what === 'of a lease' || what === 'of a fill') await ask(server, 'FLUSHDB')
      const cut = proxy.cutAfterRequest(request, { replyBytes })
      await work(one, ids)
      await cut
      expect(await cached(one)).toEqual(expected)
      await untilUsed([one, other])
      await expect.poll(() => strong(other), { timeout: 500, interval: 5 }).toEqual(expected)
      for (const memory of [one, other]) await addAll(memory, ['more'])
      const all = [...expected, 'more', 'more']
      for (const memory of [one, other]) expect(await strong(memory)).toEqual(all)
      for (const memory of [one, other]) {
        await expect.poll(() => cached(memory), { timeout: HEALTHY_MS, interval: 2 }).toEqual(all)
      }
      expect((await keysOf(server, `${place.keyPrefix}:h:`)).length).toBeLessThanOrEqual(1)
    },
  )
})
