import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { ask } from '../../emulators/resp.ts'
import type { TieredStorageManager, TieredStorageManagerOptions } from '../../src/thermocline.ts'
import { addEverywhere, expectGone, itemsLeft } from '../support/erasable-user.ts'
import { addAll, CHAT, DAY_MS, message, numbered } from '../support/items.ts'
import { bytesIn, keysOf, type RedisPlace, redisPlace, untilUsed } from '../support/redis-place.ts'

const HOUR_MS = 3_600_000
const OPTIONS = { hotTierMaxAgeDays: 2, minAccessCountHot: 16, defaultTtl: 3_600 }
/** What passes from setting a time to live to looking at it. */
const SOME_MS = 10_000

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})

afterAll(() => server?.stop())

async function ttlsOf(keys: readonly string[]): Promise<number[]> {
  return Promise.all(keys.map(async (key) => Number(await ask(server, 'PTTL', key))))
}

/** Keys of copies and leases of sessions, or of segments. */
function keysIn({ keyPrefix }: RedisPlace, kind: 'h' | 's'): Promise<string[]> {
  return keysOf(server, `${keyPrefix}:${kind}:`)
}

function expectAbout(ttlMs: number | undefined, expected: number): void {
  expect(ttlMs).toBeLessThanOrEqual(expected)
  expect(ttlMs).toBeGreaterThan(expected - SOME_MS)
}

async function readAll(memory: TieredStorageManager, sessionIds: readonly string[]): Promise<void> {
  for (const sessionId of sessionIds) await memory.getConversationHistory({ ...CHAT, sessionId, read: 'strong' })
}

describe('a key in Redis lives', () => {
  it('as long as its session is hot after its last use, where that is hot', async () => {
    const place = redisPlace(server)
    const memory = await place.open(OPTIONS)
    await addAll(memory, ['young'])
    await readAll(memory, [CHAT.sessionId])
    const [key] = await keysIn(place, 'h')
    expectAbout((await ttlsOf([key!]))[0], 2 * DAY_MS)
    await addAll(memory, ['younger'])
    expectAbout((await ttlsOf([key!]))[0], 2 * DAY_MS)
  })

  it.each<[string, (memory: TieredStorageManager) => Promise<unknown>]>([
    ['warm', async () => undefined],
    ['cold', (memory) => memory.demote(CHAT)],
  ])('for defaultTtl where its session is %s', async (_, move) => {
    const place = redisPlace(server)
    const memory = await place.open(OPTIONS)
    await addAll(memory, ['old'], { createdAt: Date.now() - 10 * DAY_MS })
    await move(memory)
    await readAll(memory, [CHAT.sessionId])
    expectAbout((await ttlsOf(await keysIn(place, 'h')))[0], HOUR_MS)
  })

  it('anew with each use, also by one who knows nothing of it', async () => {
    const place = redisPlace(server)
    const memory = await place.open(OPTIONS)
    await addAll(memory, ['young'])
    await memory.demote(CHAT, 'warm')
    await addAll(
      memory,
      numbered(4).map((name) => name.repeat(8_000)),
      { sessionId: 'long' },
    )
    await memory.demote({ ...CHAT, sessionId: 'long' })
    await readAll(memory, [CHAT.sessionId, 'long'])
    const [copies, segments] = await Promise.all([keysIn(place, 'h'), keysIn(place, 's')])
    expect([copies.length, segments.length]).toEqual([2, 1])
    for (const key of [...copies, ...segments]) await ask(server, 'PEXPIRE', key, '5000')
    const other = await place.open(OPTIONS)
    await readAll(other, [CHAT.sessionId, 'long'])
    for (const ttlMs of await ttlsOf(copies)) expectAbout(ttlMs, 2 * DAY_MS)
    // A segment is read by whoever does not find it in the copy.
    await other.searchMemory({ userId: CHAT.userId, query: 'young' })
    const renewed = async () => Math.min(...(await ttlsOf(segments)))
    await expect.poll(renewed, { timeout: 1_000 }).toBeGreaterThan(HOUR_MS - SOME_MS)
  })

  it('for a time, whatever it is', async () => {
    const place = redisPlace(server)
    const [writer, reader] = await Promise.all([place.open(OPTIONS), place.open({ ...OPTIONS, tailMaxItems: 4 })])
    // Copies that grew, shrank and were put back, segments, leases, and what is left after trouble.
    for (const sessionId of numbered(20)) {
      await addAll(
        writer,
        numbered(12).map((name) => name.repeat(500)),
        { sessionId },
      )
      await reader.getConversationHistory({ ...CHAT, sessionId, limit: 3 })
      await reader.addMemoryItem(message('seals it', { sessionId }))
      await readAll(writer, [sessionId, `not ${sessionId}`])
      if (sessionId.endsWith('5')) await writer.deleteSession({ ...CHAT, sessionId })
    }
    await writer.runMigration({ all: true })
    await readAll(reader, numbered(20))
    await server.pause()
    await addAll(writer, ['while away'])
    server.resume()
    await untilUsed(writer)
    const keys = await keysOf(server)
    expect(keys.length).toBeGreaterThan(40)
    expect(keys).toContain(`${place.keyPrefix}:probe`)
    const endless = (await ttlsOf(keys)).flatMap((ttlMs, i) => (ttlMs > 0 ? [] : [`${keys[i]}: ${ttlMs}`]))
    expect(endless).toEqual([])
  })
})

describe('an erased user', () => {
  const CANARY = 'canary of the lake'
  const owner = { userId: 'ada' }

  async function everywhere(options?: TieredStorageManagerOptions) {
    const place = redisPlace(server)
    const [memory, other] = await Promise.all([place.open(options), place.open(options)])
    const user = await addEverywhere(memory, owner.userId, Date.now(), CANARY)
    await addAll(other, ['of somebody else'], { userId: 'grace' })
    for (const one of [other, memory]) {
      for (const sessionId of user.sessionIds) await one.getConversationHistory({ ...owner, sessionId, read: 'strong' })
      await one.searchMemory({ ...owner, query: 'canary' })
    }
    await other.getConversationHistory({ userId: 'grace', sessionId: CHAT.sessionId, read: 'strong' })
    expect(await bytesIn(server)).toContain(CANARY)
    expect(await keysIn(place, 's')).not.toEqual([])
    return { place, memory, other, user }
  }

  /** Of the user there is no copy, in clear or packed; of others there is. */
  async function expectNothingLeft(place: RedisPlace): Promise<void> {
    expect(await bytesIn(server)).not.toContain(CANARY)
    expect(await keysIn(place, 's')).toEqual([])
    const copies = await keysIn(place, 'h')
    const texts = await Promise.all(copies.map((key) => ask(server, 'GET', key)))
    // What is left beside the copy of somebody else are leases of those who asked.
    expect(texts.filter((text) => String(text).endsWith('C'))).toEqual([expect.stringContaining('of somebody else')])
  }

  it('leaves nothing in Redis', async () => {
    const { place, memory, other, user } = await everywhere()
    await memory.eraseUser(owner)
    await expectNothingLeft(place)
    await expectGone(memory, user)
    await expectGone(other, user)
    await expectNothingLeft(place)
  })

  it('leaves nothing in a Redis that hung meanwhile, once it is back', async () => {
    const { place, memory, other, user } = await everywhere()
    await server.pause()
    await memory.eraseUser(owner)
    await expectGone(memory, user)
    server.resume()
    await untilUsed([memory, other])
    await expect.poll(() => keysIn(place, 's'), { timeout: 1_000, interval: 5 }).toEqual([])
    await expectNothingLeft(place)
    await expectGone(other, user)
  })

  it('is nowhere read again once a Redis that came back with an old snapshot has to prove what it has', async () => {
    const { memory, other, user } = await everywhere({ maxProofAgeMs: 1_000 })
    await ask(server, 'SAVE')
    await memory.eraseUser(owner)
    await server.kill()
    await expectGone(memory, user)
    await expectGone(other, user)
    server = await server.restart()
    await untilUsed([memory, other])
    const left = async () => (await itemsLeft(other, user)).size
    await expect.poll(left, { timeout: 1_500, interval: 20 }).toBe(0)
    await expectGone(memory, user)
  })
})
