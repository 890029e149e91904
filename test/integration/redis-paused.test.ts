import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, contents, message, numbered } from '../support/items.ts'
import { redisPlace, sharedStats, timed, untilUsed } from '../support/redis-place.ts'

/** The bound of a hot call, what is promised beyond it, and what a busy machine and a small SQLite file may add. */
const FIRST_CALL_MS = 250 + 50 + 200
/** Nobody waits for a Redis that is known to hang. */
const LATER_CALL_MS = 200

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})

afterEach(() => server.resume())

afterAll(() => server?.stop())

const calls: [string, (memory: TieredStorageManager, ids: readonly string[]) => Promise<unknown>][] = [
  ['addMemoryItem', (memory) => memory.addMemoryItem(message('added'))],
  ['addMemoryItems', (memory) => addAll(memory, numbered(20, 100))],
  ['getConversationHistory', (memory) => memory.getConversationHistory(CHAT)],
  ['a strong getConversationHistory', (memory) => memory.getConversationHistory({ ...CHAT, read: 'strong', limit: 5 })],
  ['getMemoryItem', (memory, ids) => memory.getMemoryItem(ids[0]!)],
  ['a strong getMemoryItem', (memory, ids) => memory.getMemoryItem(ids[1]!, { read: 'strong' })],
  ['updateMemoryItem', (memory, ids) => memory.updateMemoryItem(ids[2]!, { content: 'changed' })],
  ['deleteMemoryItem', (memory, ids) => memory.deleteMemoryItem(ids[3]!)],
  ['searchMemory', (memory) => memory.searchMemory({ userId: CHAT.userId, query: 'said' })],
  ['demote', (memory) => memory.demote(CHAT)],
  ['runMigration', (memory) => memory.runMigration({ all: true })],
  ['eraseUser', (memory) => memory.eraseUser({ userId: CHAT.userId })],
]

/** Those that ask Redis in different ways; a history that is not strong comes from the process. */
const FIRST = [
  'addMemoryItem',
  'a strong getConversationHistory',
  'updateMemoryItem',
  'searchMemory',
  'demote',
  'eraseUser',
]

describe('with a Redis that hangs', () => {
  it.each(calls.filter(([name]) => FIRST.includes(name)))(
    '%s is as quick as promised, and so is every call after it',
    async (_, first) => {
      const memory = await redisPlace(server).open()
      const ids = await addAll(
        memory,
        numbered(10).map((name) => `said ${name}`),
      )
      await memory.getConversationHistory({ ...CHAT, read: 'strong' })
      await server.pause()
      expect((await timed(() => first(memory, ids))).ms).toBeLessThan(FIRST_CALL_MS)
      for (const [name, call] of calls) {
        // One of them is the first that has to ask Redis.
        const limit = sharedStats(memory).isReachable ? FIRST_CALL_MS : LATER_CALL_MS
        const { ms } = await timed(() => call(memory, ids))
        if (ms >= limit) expect.unreachable(`${name} took ${ms} ms, more than ${limit}`)
      }
      expect(sharedStats(memory)).toMatchObject({ isReachable: false, lastError: expect.stringContaining('redis') })
      server.resume()
      await untilUsed(memory)
    },
  )

  it('no one of many calls at once waits longer', async () => {
    const place = redisPlace(server)
    const [memory, other] = await Promise.all([place.open(), place.open()])
    const ids = await addAll(memory, numbered(10))
    await Promise.all([memory, other].map((one) => one.getConversationHistory({ ...CHAT, read: 'strong' })))
    await server.pause()
    const slowest = await Promise.all(
      [memory, other].flatMap((one) =>
        numbered(50).map(async (name, i) => {
          const session = { userId: CHAT.userId, sessionId: `${i % 10}` }
          const took = await Promise.all([
            timed(() => one.addMemoryItem(message(name, session))),
            timed(() => one.getConversationHistory({ ...session, read: 'strong' })),
            timed(() => one.getMemoryItem(ids[i % 10]!, { read: 'strong' })),
          ])
          return Math.max(...took.map(({ ms }) => ms))
        }),
      ),
    )
    expect(Math.max(...slowest)).toBeLessThan(FIRST_CALL_MS)
  })

  it('what is done meanwhile is seen by all at once when it is back, and by default within 100 ms', async () => {
    const place = redisPlace(server)
    const [writer, reader] = await Promise.all([place.open(), place.open()])
    const [first, second] = await addAll(writer, numbered(10))
    for (const memory of [writer, reader]) await memory.getConversationHistory(CHAT)
    await server.pause()
    await addAll(writer, ['while away'])
    await writer.updateMemoryItem(first!, { content: 'changed' })
    await writer.deleteMemoryItem(second!)
    const truth = ['changed', ...numbered(8, 3), 'while away']
    // Neither has anything but the file now.
    for (const memory of [writer, reader]) {
      expect(contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual(truth)
    }
    expect(contents(await writer.getConversationHistory(CHAT))).toEqual(truth)
    server.resume()
    await untilUsed([writer, reader])
    const strong = async () => contents(await reader.getConversationHistory({ ...CHAT, read: 'strong' }))
    await expect.poll(strong, { timeout: 500, interval: 5 }).toEqual(truth)
    await expect
      .poll(async () => contents(await reader.getConversationHistory(CHAT)), { timeout: 100, interval: 5 })
      .toEqual(truth)
    // And it is Redis that answers again.
    const { hits } = sharedStats(reader)
    await strong()
    expect(await strong()).toEqual(truth)
    expect(sharedStats(reader).hits).toBeGreaterThan(hits)
  })

  it('every session that was written meanwhile is repaired', async () => {
    const place = redisPlace(server)
    const [writer, reader] = await Promise.all([place.open(), place.open()])
    const sessions = numbered(200).map((sessionId) => ({ userId: 'ada', sessionId }))
    const addToAll = (content: string) =>
      Promise.all(sessions.map((session) => writer.addMemoryItem(message(content, session))))
    const readAll = () => Promise.all(sessions.map((one) => reader.getConversationHistory({ ...one, read: 'strong' })))
    await addToAll('before')
    await readAll()
    await server.pause()
    await addToAll('meanwhile')
    server.resume()
    const counts = async () => (await readAll()).filter(({ length }) => length !== 2).length
    await untilUsed([writer, reader])
    await expect.poll(counts, { timeout: 1_000, interval: 5 }).toBe(0)
  })

  it('a manager is closed in time, and what it was given is in the file', async () => {
    const place = redisPlace(server)
    const memory = await place.open()
    await addAll(memory, ['before'])
    await server.pause()
    const adding = memory.addMemoryItem(message('while closing'))
    const { ms } = await timed(() => memory.close())
    expect(ms).toBeLessThan(2 * FIRST_CALL_MS)
    await adding
    const later = await place.open()
    expect(contents(await later.getConversationHistory(CHAT))).toEqual(['before', 'while closing'])
  })
})
