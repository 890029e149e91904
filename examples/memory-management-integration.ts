/**
 * The whole set-up in one program: hot in Redis, warm and cold in Firestore, a store of your own beside them, a cache for
 * other things on the same Redis, and the part of a history that fits a model. Needs the packages @google-cloud/firestore,
 * ioredis and gpt-tokenizer, a Redis, and a project or the emulator: after `npm run build`, `npm run emulators` starts both
 * and says how to name them, then `npx node examples/memory-management-integration.ts`.
 */
import {
  type BaseMemoryManager,
  type BaseMemoryScope,
  type MemoryItem,
  RedisLRUCache,
  TieredStorageManager,
} from 'thermocline'
import { ContextPruner } from 'thermocline/context'

const projectId = process.env.GOOGLE_CLOUD_PROJECT ?? 'demo-thermocline'
const redisHost = process.env.REDIS_HOST ?? '127.0.0.1'
const redisPort = Number(process.env.REDIS_PORT ?? 6379)

/** Your own persistent store, here a list: written with every add, read where ours has nothing. */
class OwnStore implements BaseMemoryManager {
  #items: MemoryItem[] = []

  async initialize(): Promise<void> {}

  async add(items: readonly MemoryItem[]): Promise<void> {
    this.#items.push(...items)
  }

  async get(id: string): Promise<MemoryItem | undefined> {
    return this.#items.find((item) => item.id === id)
  }

  async history({ tenantId, userId, sessionId }: BaseMemoryScope): Promise<readonly MemoryItem[]> {
    return this.#items.filter((i) => i.tenantId === tenantId && i.userId === userId && i.sessionId === sessionId)
  }

  async erase({ tenantId, userId, sessionId }: Parameters<BaseMemoryManager['erase']>[0]): Promise<void> {
    const isTheirs = (i: MemoryItem): boolean => i.tenantId === tenantId && i.userId === userId
    this.#items = this.#items.filter((i) => !isTheirs(i) || (sessionId !== undefined && i.sessionId !== sessionId))
  }
}

// Set-up.
const baseMemoryManager = new OwnStore()
await baseMemoryManager.initialize()

const redisCache = new RedisLRUCache({ redisHost, redisPort, keyPrefix: `example-${process.pid}` })
await redisCache.connect()

const tieredStorage = new TieredStorageManager({
  baseMemoryManager,
  projectId,
  redisHost,
  redisPort,
  redis: { keyPrefix: `example-${process.pid}` },
  hotTierMaxAgeDays: 7,
  warmTierMaxAgeDays: 30,
})
await tieredStorage.initialize()

const contextPruner = new ContextPruner({ maxContextTokens: 60 })

// Adding and retrieving.
const session = { userId: 'user123', sessionId: `session${process.pid}` }
const itemId = await tieredStorage.addMemoryItem({
  ...session,
  contentType: 'user_message',
  content: 'We are four, one of us is allergic to nuts.',
})
const item = await tieredStorage.getMemoryItem(itemId)
console.log(`by its id: ${item?.content}`)

await tieredStorage.addMemoryItems([
  { ...session, contentType: 'assistant_message', content: 'Noted: four people, and nothing with nuts.', pinned: true },
  {
    ...session,
    contentType: 'user_message',
    content: 'We would like to eat early, and outside if the weather allows.',
  },
  { ...session, contentType: 'assistant_message', content: 'There is a table on the terrace at six o’clock.' },
  { ...session, contentType: 'user_message', content: 'Six is fine. Is there something for a vegetarian?' },
  { ...session, contentType: 'assistant_message', content: 'Yes: risotto with chanterelles, and a barley salad.' },
  { ...session, contentType: 'user_message', content: 'Then please book it.' },
])

// History.
const history = await tieredStorage.getConversationHistory(session)
console.log(`history: ${history.length} items, of which the own store has ${await sizeOf(baseMemoryManager)}`)

// Pruning.
const pruned = await contextPruner.pruneByTokenBudget(history, { tokenBudget: 60 })
console.log(`pruned: ${pruned.length} items, ${pruned.report.tokensAfter} of ${pruned.report.tokensBefore} tokens`)
for (const { contentType, content } of pruned) console.log(`  ${contentType}: ${content}`)

// Items cool down by themselves; a migration does at once what is due.
await tieredStorage.runMigration()
const { hot, warm, cold } = await tieredStorage.getTierCounts({ userId: 'user123' })
console.log(`tiers: ${hot.items} hot, ${warm.items} warm, ${cold.items} cold`)

// The cache of your own.
await redisCache.set('menu:today', ['risotto', 'barley salad'], { ttl: 600 })
console.log(`cached: ${await redisCache.get('menu:today')}`)

// Leaving nothing behind.
await tieredStorage.deleteSession(session)
await redisCache.clear()
await tieredStorage.close()
await redisCache.close()

async function sizeOf(store: OwnStore): Promise<number> {
  return (await store.history({ tenantId: 'default', ...session })).length
}
