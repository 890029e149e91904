import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../../emulators/free-port.ts'
import { type RedisOptions, type RedisServer, startRedis } from '../../emulators/redis.ts'
import { ask, sendCommand } from '../../emulators/resp.ts'
import { until } from '../../emulators/until.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, contents, message, numbered } from '../support/items.ts'
import { keysOf, redisPlace, sharedStats, untilUsed } from '../support/redis-place.ts'

const servers: RedisServer[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

async function start(options?: RedisOptions): Promise<RedisServer> {
  const server = await startRedis(options)
  servers.push(server)
  return server
}

/** What everybody may do who comes in. */
function users(...rules: readonly string[]): Partial<RedisOptions> {
  return { args: ['--user', 'default', 'on', 'nopass', ...rules] }
}

async function strong(memory: TieredStorageManager, sessionId = CHAT.sessionId): Promise<string[]> {
  return contents(await memory.getConversationHistory({ ...CHAT, sessionId, read: 'strong' }))
}

/** How many reads Redis answers of those that `work` makes. */
async function hitsOf(memory: TieredStorageManager, work: () => Promise<unknown>): Promise<number> {
  const { hits } = sharedStats(memory)
  await work()
  return sharedStats(memory).hits - hits
}

describe('a Redis that takes no writes', () => {
  it('since it became a replica is left alone, and used again once it is a primary', async () => {
    const [server, primary] = await Promise.all([start(), start()])
    const place = redisPlace(server)
    const options = { maxProofAgeMs: 500 }
    const [writer, reader] = await Promise.all([place.open(options), place.open(options)])
    await addAll(writer, ['one'])
    await strong(reader)
    await ask(server, 'CONFIG', 'SET', 'replica-serve-stale-data', 'yes')
    await ask(server, 'REPLICAOF', primary.host, String(primary.port))
    await addAll(writer, ['two'])
    expect(await strong(writer)).toEqual(['one', 'two'])
    expect(sharedStats(writer)).toMatchObject({ isReachable: false, lastError: expect.stringContaining('READONLY') })
    // Nobody can tell it any more: what it has is believed for as long as promised.
    await expect.poll(() => strong(reader), { timeout: 700 }).toEqual(['one', 'two'])
    await ask(server, 'REPLICAOF', 'NO', 'ONE')
    await untilUsed([writer, reader])
    await addAll(writer, ['three'])
    await expect.poll(() => strong(reader), { timeout: 500 }).toEqual(['one', 'two', 'three'])
    expect(await hitsOf(reader, () => strong(reader))).toBe(1)
  })

  it('since it loads a snapshot is left alone until that is done', async () => {
    // A millisecond for each key, and an eye on clients after every few of them.
    const server = await start({
      args: ['--key-load-delay', '1000', '--loading-process-events-interval-bytes', '1024'],
    })
    const place = redisPlace(server)
    const memory = await place.open()
    await addAll(memory, ['one'])
    await strong(memory)
    await ask(server, 'MSET', ...numbered(1_500).flatMap((key) => [`other:${key}`, 'x'.repeat(50)]))
    await ask(server, 'SAVE')
    await server.kill()
    await addAll(memory, ['two'])
    const restarting = server.restart()
    const isLoading = async () => String(await sendCommand(server, ['PING'])).includes('LOADING')
    await until('it loads', isLoading)
    const late = await place.open()
    for (const content of numbered(5)) await addAll(memory, [content])
    for (const one of [memory, late]) expect(await strong(one)).toEqual(['one', 'two', ...numbered(5)])
    expect(await isLoading()).toBe(true)
    for (const one of [memory, late]) expect(sharedStats(one).isReachable).toBe(false)
    servers.push(await restarting)
    await untilUsed([memory, late])
    await expect.poll(() => strong(late), { timeout: 500 }).toEqual(['one', 'two', ...numbered(5)])
    expect(await hitsOf(late, () => strong(late))).toBe(1)
  })

  it('since its memory is full loses nothing and tells no caller, and the process does not grow', async () => {
    const server = await start({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction'] })
    const place = redisPlace(server)
    const [writer, reader] = await Promise.all([place.open(), place.open()])
    const before = process.memoryUsage().heapUsed
    const text = 'x'.repeat(6_000)
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        numbered(50).map(async (sessionId) => {
          await writer.addMemoryItem(message(`${round} ${text}`, { sessionId }))
          expect(await strong(reader, sessionId)).toHaveLength(round + 1)
        }),
      )
    }
    expect(sharedStats(reader)).toMatchObject({ lastError: expect.stringContaining('OOM') })
    const grown = process.memoryUsage().heapUsed - before
    expect(grown).toBeLessThan(64 * 1024 * 1024)
    for (const sessionId of numbered(50)) {
      const found = await strong(reader, sessionId)
      expect(found.map((content) => content.split(' ', 1)[0])).toEqual(numbered(10, 0).map((name) => name.slice(1)))
    }
    // Room again.
    await ask(server, 'CONFIG', 'SET', 'maxmemory', '100mb')
    await untilUsed([writer, reader])
    await strong(reader, 'm1')
    expect(await hitsOf(reader, () => strong(reader, 'm1'))).toBe(1)
  })
})

describe('a Redis with room for a tenth', () => {
  // Of two megabytes it needs one for itself.
  it('evicts what it wants, and no session is ever served in part', async () => {
    const server = await start({ args: ['--maxmemory', '2mb', '--maxmemory-policy', 'allkeys-lru'] })
    const place = redisPlace(server)
    const [writer, reader] = await Promise.all([place.open(), place.open()])
    const sessions = numbered(150)
    const text = 'x'.repeat(8_000)
    const truth = new Map<string, string[]>(sessions.map((sessionId) => [sessionId, []]))
    for (let round = 0; round < 8; round++) {
      for (const sessionId of sessions) {
        const content = `${sessionId} ${round} ${text}`
        await writer.addMemoryItem(message(content, { sessionId }))
        truth.get(sessionId)!.push(content)
        if ((round + Number(sessionId.slice(1))) % 3 > 0) continue
        const found = await strong(reader, sessionId)
        if (found.join() !== truth.get(sessionId)!.join()) expect(found).toEqual(truth.get(sessionId))
      }
    }
    for (const sessionId of sessions) {
      for (const memory of [writer, reader]) {
        const found = contents(await memory.getConversationHistory({ ...CHAT, sessionId }))
        if (found.join() !== truth.get(sessionId)!.join()) expect(found).toEqual(truth.get(sessionId))
      }
    }
    const info = String(await ask(server, 'INFO', 'stats'))
    expect(Number(/evicted_keys:(\d+)/.exec(info)![1])).toBeGreaterThan(300)
    expect(sharedStats(reader).hits).toBeGreaterThan(0)
    expect(sharedStats(reader).isReachable).toBe(true)
  })
})

describe('a Redis that allows little', () => {
  const restricted: [string, Partial<RedisOptions>][] = [
    [
      'without CONFIG and OBJECT by their names',
      { args: ['--rename-command', 'CONFIG', '', '--rename-command', 'OBJECT', ''] },
    ],
    [
      'without CONFIG, OBJECT and DEBUG by its list of users',
      users('~*', '&*', '+@all', '-config', '-object', '-debug'),
    ],
  ]

  it.each(restricted)('%s works, with copies in the process', async (_, options) => {
    const server = await start(options)
    const place = redisPlace(server)
    const [writer, reader] = await Promise.all([place.open(), place.open()])
    await addAll(writer, ['one'])
    await strong(reader)
    const cached = () => reader.getConversationHistory(CHAT)
    // Once the invalidation line is up, only the first read asks Redis.
    await expect.poll(() => hitsOf(reader, cached), { timeout: 1_000 }).toBe(0)
    await addAll(writer, ['two'])
    expect(await strong(reader)).toEqual(['one', 'two'])
    expect(sharedStats(reader)).toMatchObject({ isReachable: true, failures: 0 })
  })

  it.each<[string, Partial<RedisOptions>]>([
    ['CLIENT by its name', { args: ['--rename-command', 'CLIENT', ''] }],
    ['CLIENT TRACKING by its list of users', users('~*', '&*', '+@all', '-client|tracking')],
    ['its channel by its list of users', users('~*', 'resetchannels', '+@all')],
  ])('and not %s works, with reads from Redis alone', async (_, options) => {
    const server = await start(options)
    const place = redisPlace(server)
    const [writer, reader] = await Promise.all([place.open(), place.open()])
    await addAll(writer, ['one'])
    await strong(reader)
    for (const content of numbered(5)) {
      await addAll(writer, [content])
      // Nobody tells of it, so that a copy in the process would lack it.
      expect(contents(await reader.getConversationHistory(CHAT))).toContain(content)
    }
    expect(await hitsOf(reader, () => reader.getConversationHistory(CHAT))).toBe(1)
    expect(reader.getStats().hot.sessions).toBe(0)
    expect(sharedStats(reader)).toMatchObject({ isReachable: true, failures: 0 })
  })

  it('no further client leaves those out that come late, until there is room', async () => {
    const server = await start({ args: ['--maxclients', '4'] })
    const place = redisPlace(server)
    const first = await place.open()
    const second = await place.open()
    await addAll(first, ['one'])
    await strong(second)
    const third = await place.open()
    expect(await strong(third)).toEqual(['one'])
    await addAll(third, ['two'])
    expect(sharedStats(third).isReachable).toBe(false)
    await second.close()
    await untilUsed(third)
    await expect.poll(() => strong(first), { timeout: 500 }).toEqual(['one', 'two'])
    await strong(third)
    expect(await hitsOf(third, () => strong(third))).toBe(1)
  })
})

describe('a Redis that does not let us in', () => {
  it('says so while the file answers, and is used once it does', async () => {
    const server = await start({ password: 'right' })
    const none = redisPlace(server)
    const wrong = redisPlace(server, { password: 'wrong-and-secret' })
    const memories = await Promise.all([none.open(), wrong.open()])
    for (const [i, reason] of [/NOAUTH/, /WRONGPASS/].entries()) {
      const memory = memories[i]!
      await addAll(memory, ['one', 'two'])
      expect(await strong(memory)).toEqual(['one', 'two'])
      expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['one', 'two'])
      expect(sharedStats(memory)).toMatchObject({ isReachable: false, lastError: expect.stringMatching(reason) })
      expect(JSON.stringify(memory.getStats())).not.toContain('secret')
    }
    await ask(server, 'CONFIG', 'SET', 'requirepass', 'wrong-and-secret')
    await untilUsed(memories[1]!)
    await strong(memories[1]!)
    expect(await hitsOf(memories[1]!, () => strong(memories[1]!))).toBe(1)
  })
})

describe('a Redis that is not there', () => {
  it('takes nothing away, and is used once it comes', async () => {
    const port = await freePort()
    const place = redisPlace({ host: '127.0.0.1', port })
    const nowhere = redisPlace({ host: 'no-such-host.invalid', port: 6379 })
    const [writer, reader, lost] = await Promise.all([place.open(), place.open(), nowhere.open()])
    for (const memory of [writer, lost]) await addAll(memory, ['one'])
    for (const [memory, reason] of [
      [writer, /ECONNREFUSED/],
      [reader, /ECONNREFUSED/],
      [lost, /no-such-host/],
    ] as const) {
      expect(await strong(memory)).toEqual(['one'])
      expect(sharedStats(memory)).toMatchObject({ isReachable: false, lastError: expect.stringMatching(reason) })
    }
    const server = await start({ port })
    await untilUsed([writer, reader])
    await strong(reader)
    await addAll(writer, ['two'])
    expect(await hitsOf(reader, async () => expect(await strong(reader)).toEqual(['one', 'two']))).toBe(1)
    expect(await keysOf(server, place.keyPrefix)).not.toEqual([])
  })
})
