import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { openThermocline } from '../../src/thermocline.ts'
import { TempFolder } from '../support/temp-folder.ts'

const CHAT = { userId: 'ada', sessionId: 'one' }

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis?.stop())

it('two databases with the same sessions and one Redis do not see each other, one database of two processes does', async () => {
  using folder = new TempFolder()
  const open = (name: string) =>
    openThermocline({ path: folder.file(name), redisHost: redis.host, redisPort: redis.port })
  const contents = async ({ memory }: Awaited<ReturnType<typeof open>>) =>
    (await memory.getConversationHistory({ ...CHAT, read: 'strong' })).map(({ content }) => content)
  await using first = await open('first.db')
  await using second = await open('second.db')
  await using again = await open('first.db')
  for (const [{ memory }, content] of [
    [first, 'of the first'],
    [second, 'of the second'],
  ] as const)
    await memory.addMemoryItem({ ...CHAT, content, contentType: 'note' })
  // Twice, so that the second time is answered by Redis.
  for (let i = 0; i < 2; i++) {
    expect(await contents(first)).toEqual(['of the first'])
    expect(await contents(second)).toEqual(['of the second'])
    expect(await contents(again)).toEqual(['of the first'])
  }
  expect(again.memory.getStats().hot.shared).toMatchObject({ hits: 2, misses: 0 })
})
