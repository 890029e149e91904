/**
 * Hot copies in Redis, which all processes that work on one database share: each item is kept in the database first, and
 * Redis may be lost at any time. Needs the package ioredis and a Redis: after `npm run build`, `npm run emulators` starts
 * one and says how to name it, then `npx node examples/redis-hot-tier.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TieredStorageManager } from 'thermocline'

const folder = mkdtempSync(join(tmpdir(), 'thermocline-redis-'))
const options = {
  path: join(folder, 'chat.db'),
  redisHost: process.env.REDIS_HOST ?? '127.0.0.1',
  redisPort: Number(process.env.REDIS_PORT ?? 6379),
  // One prefix, one database: two databases must not share their copies.
  redis: { keyPrefix: `example-${process.pid}` },
}
const session = { userId: 'ada', sessionId: 'trip-to-oslo' }

// As two servers of one service would; given the same Redis, what one changes the other hears of.
const first = new TieredStorageManager(options)
const second = new TieredStorageManager(options)

await first.addMemoryItem({ ...session, contentType: 'user_message', content: 'I am allergic to nuts.' })
await first.getConversationHistory(session) // leaves a copy in Redis
await second.addMemoryItem({ ...session, contentType: 'assistant_message', content: 'Noted: nothing with nuts.' })

// "strong" has all that anybody acknowledged before. By default, another process may be 0.1 s behind.
const history = await first.getConversationHistory({ ...session, read: 'strong' })
for (const { contentType, content } of history) console.log(`${contentType}: ${content}`)

// Without Redis all this works just the same, from the database.
const { shared } = first.getStats().hot
console.log(`reachable: ${shared?.isReachable}, answered by Redis: ${shared?.hits}, failed: ${shared?.failures}`)

// What is deleted leaves Redis too.
await second.deleteSession(session)
console.log(`left: ${(await first.getConversationHistory({ ...session, read: 'strong' })).length} items`)

await first.close()
await second.close()
rmSync(folder, { recursive: true })
