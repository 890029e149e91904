import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { ask } from '../../emulators/resp.ts'
import { RedisLRUCache, TieredStorageManager } from '../../src/index.ts'
import { addAll, CHAT, contents, message, numbered } from '../support/items.ts'
import { keysOf, redisPlace, sharedStats, timed, untilUsed } from '../support/redis-place.ts'
import { TempFolder } from '../support/temp-folder.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis({ args: ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru'] })
})

afterEach(() => server.resume())

afterAll(() => server?.stop())

/** A manager of which nothing but the cache says where Redis is. */
function managerOf(): TieredStorageManager {
  const folder = new TempFolder()
  const memory = new TieredStorageManager({ path: folder.file('memory.db'), tierMigrationInterval: 0 })
  onTestFinished(async () => {
    await memory.close()
    folder[Symbol.dispose]()
  })
  return memory
}

function cacheOf(keyPrefix: string): RedisLRUCache {
  const cache = new RedisLRUCache({ redisHost: server.host, redisPort: server.port, keyPrefix, maxMemoryMb: 64 })
  onTestFinished(() => cache.close())
  return cache
}

async function strong(memory: TieredStorageManager): Promise<string[]> {
  return contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))
}

describe('setRedisCache', () => {
  it('lets the hot tier use its connection, prefix and server, and leaves it open', async () => {
    const cache = cacheOf('shared-cache')
    const memory = managerOf()
    memory.setRedisCache(cache)
    await addAll(memory, ['one'])
    await strong(memory)
    const { hits } = sharedStats(memory)
    expect(await strong(memory)).toEqual(['one'])
    expect(sharedStats(memory).hits).toBe(hits + 1)
    expect(await keysOf(server, 'shared-cache:h:')).toHaveLength(1)
    expect(await cache.set('mine', 1)).toBe(true)
    await memory.close()
    expect(await cache.get('mine')).toBe(1)
  })

  it('and a cache that is cleared do each other no harm', async () => {
    const cache = cacheOf('cleared-cache')
    const memory = managerOf()
    memory.setRedisCache(cache)
    await addAll(memory, ['one'])
    await strong(memory)
    await cache.set('mine', 1)
    expect(await cache.clear()).toBe(true)
    expect(await cache.get('mine')).toBeUndefined()
    expect(await strong(memory)).toEqual(['one'])
    await addAll(memory, ['two'])
    expect(await strong(memory)).toEqual(['one', 'two'])
  })

  it('is refused once the manager is in use, and for what is no cache', async () => {
    const memory = managerOf()
    expect(() => memory.setRedisCache({} as RedisLRUCache)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
    await memory.initialize()
    expect(() => memory.setRedisCache(cacheOf('late'))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('with a cache that is closed first takes nothing away', async () => {
    const cache = cacheOf('closed-cache')
    const memory = managerOf()
    memory.setRedisCache(cache)
    await addAll(memory, ['one'])
    await strong(memory)
    await cache.close()
    await addAll(memory, ['two'])
    expect(await strong(memory)).toEqual(['one', 'two'])
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['one', 'two'])
    expect(sharedStats(memory).isReachable).toBe(false)
  })
})

describe('a client that is given', () => {
  it('is used as it is, and neither closed nor listened to any more afterwards', async () => {
    const client = new Redis({ host: server.host, port: server.port })
    onTestFinished(() => client.disconnect())
    const events = ['ready', 'error', 'close', 'end']
    await expect.poll(() => client.status).toBe('ready')
    const before = events.map((event) => client.listenerCount(event))
    const memory = await redisPlace(undefined, { client }).open()
    await addAll(memory, ['one'])
    await strong(memory)
    expect(await strong(memory)).toEqual(['one'])
    expect(sharedStats(memory).hits).toBe(1)
    await memory.close()
    expect([client.status, await client.ping()]).toEqual(['ready', 'PONG'])
    expect(events.map((event) => client.listenerCount(event))).toEqual(before)
    // Of ours there is no connection left.
    const clients = async () => String(await ask(server, 'CLIENT', 'LIST', 'TYPE', 'pubsub'))
    await expect.poll(clients, { timeout: 500 }).toBe('')
  })

  it('may be made by a function, also an asynchronous one, and is closed then', async () => {
    const made: Redis[] = []
    const client = async () => {
      made.push(new Redis({ host: server.host, port: server.port }))
      return made[0]!
    }
    const memory = await redisPlace(undefined, { client }).open()
    await addAll(memory, ['one'])
    expect(await strong(memory)).toEqual(['one'])
    await memory.close()
    await expect.poll(() => made.map(({ status }) => status), { timeout: 500 }).toEqual(['end'])
  })

  it('with an endless queue of its own is bounded all the same', async () => {
    const client = new Redis({ host: server.host, port: server.port, maxRetriesPerRequest: null })
    onTestFinished(() => client.disconnect())
    const memory = await redisPlace(undefined, { client }).open()
    await addAll(memory, ['one'])
    await server.pause()
    expect((await timed(() => addAll(memory, ['two']))).ms).toBeLessThan(500)
    for (const content of numbered(20)) {
      expect((await timed(() => addAll(memory, [content]))).ms).toBeLessThan(200)
    }
    server.resume()
    await untilUsed(memory)
    expect(await strong(memory)).toEqual(['one', 'two', ...numbered(20)])
  })

  it('that can not be made is no reason to fail', async () => {
    let isBroken = true
    const client = () => {
      if (isBroken) throw new Error('no token today')
      return new Redis({ host: server.host, port: server.port })
    }
    const memory = await redisPlace(undefined, { client }).open()
    await addAll(memory, ['one'])
    expect(await strong(memory)).toEqual(['one'])
    const { shared } = memory.getStats().hot
    expect(shared).toMatchObject({ isReachable: false })
    await expect.poll(() => sharedStats(memory).lastError, { timeout: 1_000 }).toContain('no token today')
    isBroken = false
    await untilUsed(memory)
    await strong(memory)
    expect(await strong(memory)).toEqual(['one'])
    expect(sharedStats(memory).hits).toBe(1)
  })
})

describe('closing', () => {
  it('comes to an end in time while Redis hangs, with much under way', async () => {
    const place = redisPlace(server)
    const memory = await place.open()
    await addAll(memory, ['before'])
    await server.pause()
    const working = numbered(50).flatMap((content, i) => [
      memory.addMemoryItem(message(content, { sessionId: `${i % 7}` })),
      memory.getConversationHistory({ ...CHAT, sessionId: `${i % 7}`, read: 'strong' }),
    ])
    const { ms } = await timed(() => memory.close())
    expect(ms).toBeLessThan(1_000)
    await Promise.all(working)
    server.resume()
    const later = await place.open()
    const { sessions } = await later.listSessions({ userId: CHAT.userId })
    expect(sessions).toHaveLength(8)
  })

  it.each([
    ['a Redis that is well', () => undefined],
    ['a Redis that hangs', () => server.pause()],
  ])('lets a process with %s end by itself', async (_, harm) => {
    const folder = new TempFolder()
    onTestFinished(() => folder[Symbol.dispose]())
    const program = `
      import { TieredStorageManager } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)}
      const memory = new TieredStorageManager({
        path: ${JSON.stringify(folder.file('memory.db'))}, redisHost: '${server.host}', redisPort: ${server.port},
      })
      const item = { userId: 'ada', sessionId: 'chat', content: 'said', contentType: 'note' }
      await memory.addMemoryItem(item)
      console.log('added')
      await new Promise((resolve) => process.stdin.once('data', resolve))
      process.stdin.destroy()
      await memory.addMemoryItem(item)
      await memory.close()
      console.log('closed')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    await expect.poll(() => output, { timeout: 10_000 }).toContain('added')
    await harm()
    const exited = once(child, 'exit')
    child.stdin.write('go on\n')
    await expect.poll(() => output, { timeout: 2_000, interval: 5 }).toContain('closed')
    const { answer, ms } = await timed(() => exited)
    expect(answer).toEqual([0, null])
    expect(ms).toBeLessThan(1_000)
  })
})
