/**
 * The whole set-up in one program: hot in Redis, warm and cold in Firestore, a store of your own beside them, a cache for
 * other things on the same Redis, what a model is given of a history, with a summary of the rest, and a profiler. Needs the packages
 * @google-cloud/firestore, ioredis and gpt-tokenizer, a Redis, and a project or the emulator: after `npm run build`,
 * `npm run emulators` starts both and says how to name them, then `npx node examples/memory-management-integration.ts`.
 */
import {
  type BaseMemoryManager,
  type BaseMemoryScope,
  type MemoryItem,
  RedisLRUCache,
  TieredStorageManager,
} from 'thermocline'
import { ContextPruner } from 'thermocline/context'
import { MemoryProfiler } from 'thermocline/telemetry'

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

// With `geminiApiKey` or `geminiProject` Gemini writes the summaries; without, they are made of the sentences that tell most.
const contextPruner = new ContextPruner({ memory: tieredStorage, summaryMaxTokens: 100 })

// Without `projectId` profiles are sent nowhere; with it they go to Google Cloud Profiler.
const profiler = new MemoryProfiler({ serviceName: 'memory-service', profilingInterval: 60 })
profiler.setTieredStorage(tieredStorage)
profiler.setRedisCache(redisCache)
profiler.startProfiling()

// Adding and retrieving.
const session = { userId: 'user123', sessionId: `session${process.pid}` }
const itemId = await tieredStorage.addMemoryItem({
  ...session,
  contentType: 'user_message',
  content: 'We are four, one of us is allergic to nuts.',
})
const item = await tieredStorage.getMemoryItem(itemId)
console.log(`by its id: ${item?.content}`)

const said = [
  ['When would you like to come?', 'Early, and we would like to sit outside if the weather allows.'],
  ['There is a table on the terrace at six o’clock.', 'Six is fine. Is there something for a vegetarian?'],
  ['Yes: risotto with chanterelles, and a barley salad.', 'Is there a high chair for our youngest?'],
  ['We have two of them.', 'And may we bring our dog?'],
  ['Outside you may. We put a bowl of water there.', 'Where can we park?'],
  ['Behind the church, free of charge after five.', 'Do you take cards?'],
  ['Yes, all of them.', 'My mother can’t climb stairs.'],
  ['The terrace has a ramp.', 'And the bathrooms?'],
  ['On the same floor, one of them with handrails.', 'What do you have for dessert?'],
  ['Rhubarb cake and strawberries with cream.', 'We would like the cake, for all of us.'],
  ['I have noted four of it.', 'How long is the kitchen open?'],
  ['Until nine.', 'It is my mother’s birthday. Could you light a candle?'],
  ['With pleasure. It will be on her cake.', 'Then please book it.'],
]
await tieredStorage.addMemoryItems(
  said.flatMap(([answer, message]) => [
    { ...session, contentType: 'assistant_message', content: answer! },
    { ...session, contentType: 'user_message', content: message! },
  ]),
)

// History.
const history = await tieredStorage.getConversationHistory(session)
console.log(`history: ${history.length} items, of which the own store has ${await sizeOf(baseMemoryManager)}`)

// Pruning: a summary stands for what is old, once there are `summarizationThreshold` items. Stored with the session.
const view = await contextPruner.pruneConversationHistory(history, { ...session, query: 'Who is allergic to what?' })
console.log(
  `view: ${view.length} items, with a summary of ${view.report.summary?.coveredItems} by ${view.report.summary?.model}`,
)
for (const { contentType, content } of view) console.log(`  ${contentType}: ${content}`)

const short = await contextPruner.pruneByTokenBudget(history, { tokenBudget: 60 })
console.log(`in 60 tokens: ${short.length} items, ${short.report.tokensAfter} of ${short.report.tokensBefore} tokens`)

// Items cool down by themselves; a migration does at once what is due.
await tieredStorage.runMigration()
const { hot, warm, cold } = await tieredStorage.getTierCounts({ userId: 'user123' })
console.log(`tiers: ${hot.items} hot, ${warm.items} warm, ${cold.items} cold`)

// The cache of your own.
await redisCache.set('menu:today', ['risotto', 'barley salad'], { ttl: 600 })
console.log(`cached: ${await redisCache.get('menu:today')}`)

// What all of that took.
const metrics = await profiler.collectMetrics()
const failing = metrics.stores.filter(({ errors }) => errors > 0)
console.log(`profiler: ${metrics.stores.length} stores, ${failing.length} of them with errors`)
if (profiler.isMemoryPressureDetected()) console.log('Memory pressure alerts:', profiler.getAlerts())
await profiler.stopProfiling()

// Leaving nothing behind.
await tieredStorage.deleteSession(session)
await redisCache.clear()
await tieredStorage.close()
await redisCache.close()

async function sizeOf(store: OwnStore): Promise<number> {
  return (await store.history({ tenantId: 'default', ...session })).length
}
