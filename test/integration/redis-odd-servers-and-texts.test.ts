import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { ask } from '../../emulators/resp.ts'
import { connectRedis } from '../../src/clients/ioredis.ts'
import type { Stamp } from '../../src/memory/stamp.ts'
import { redisHotStore } from '../../src/stores/redis/hot-store.ts'
import { copyOf, fillNow, items, read, session } from '../../src/testing/hot-store-suite/fixtures.ts'
import { addAll, CHAT, message } from '../support/items.ts'
import { redisPlace } from '../support/redis-place.ts'
import { TempFolder } from '../support/temp-folder.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})

afterAll(() => server?.stop())

async function calls(command: string): Promise<number> {
  const stats = String(await ask(server, 'INFO', 'commandstats'))
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}

describe('a copy is read with one call', () => {
  it('where only the first of all items is longer than what is asked for', async () => {
    const memory = await redisPlace(server).open()
    await addAll(memory, ['long '.repeat(10_000), 'a', 'b', 'c'])
    const query = { ...CHAT, limit: 50, read: 'strong' } as const
    // One to fill it, and one to learn how long its items are.
    for (let i = 0; i < 2; i++) await memory.getConversationHistory(query)
    const before = [await calls('getrange'), await calls('evalsha')]
    for (let i = 0; i < 5; i++) expect(await memory.getConversationHistory(query)).toHaveLength(4)
    expect([await calls('getrange'), await calls('evalsha')]).toEqual([before[0]! + 5, before[1]])
  })

  it('where its characters take three bytes each', async () => {
    const memory = await redisPlace(server).open()
    await memory.addMemoryItems(Array.from({ length: 100 }, () => message('長い文章です'.repeat(60))))
    const query = { ...CHAT, limit: 20, read: 'strong' } as const
    for (let i = 0; i < 2; i++) await memory.getConversationHistory(query)
    const before = await calls('getrange')
    for (let i = 0; i < 5; i++) expect(await memory.getConversationHistory(query)).toHaveLength(20)
    expect(await calls('getrange')).toBe(before + 5)
  })
})

it.each([
  ['a prefix of its own', () => new Redis({ port: server.port, lazyConnect: true, keyPrefix: 'app:' })],
  ['replicas to read from', () => new Cluster([{ port: server.port }], { lazyConnect: true, scaleReads: 'slave' })],
])('a client with %s is refused', async (_, client) => {
  const opening = redisPlace(undefined, { client }).open()
  await expect(opening).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { name: 'client' } })
})

// In Czech, "ch" is a letter of its own that comes after "h".
it.runIf(existsSync('/usr/share/i18n/locales/cs_CZ'))('a server with letters in another order keeps ours', async () => {
  const folder = new TempFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  const locale = folder.file('cs_CZ.UTF-8')
  execFileSync('localedef', ['-i', 'cs_CZ', '-f', 'UTF-8', locale])
  const { LOCPATH, LC_ALL } = process.env
  Object.assign(process.env, { LOCPATH: locale.slice(0, locale.lastIndexOf('/')), LC_ALL: 'cs_CZ.UTF-8' })
  const czech = await startRedis().finally(() => {
    for (const [name, value] of Object.entries({ LOCPATH, LC_ALL })) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  onTestFinished(() => czech.stop())
  const store = redisHotStore({ connect: () => connectRedis({ redisPort: czech.port }) })
  await store.open()
  onTestFinished(() => store.close())
  const chat = session('chat')
  const stamped = (letters: string) => {
    const [item] = items(chat, 0, 1)
    const stamp = `0000000000${'0'.repeat(15)}${letters}` as Stamp
    return { ...item!, id: `${chat.key}.${stamp}` }
  }
  await fillNow(store, chat, copyOf(chat, [stamped('cr')], 1))
  expect(await store.append(chat.key, [stamped('ch')], 2)).toBe(false)
  expect((await read(store, chat)).kind).toBe('miss')
})
