// What each cache of a process holds of its heap, beside what it says it holds; as JSON, one line.
import { writeSync } from 'node:fs'
import { ContextPruner, type Embedder } from '../../../src/context/index.ts'
import type { BoundedCache } from '../../../src/lib/lru-bytes.ts'
import { decodeBody } from '../../../src/memory/item-body.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { type Kept, measureKept } from './kept.ts'
import { TALKS, type Talk, talkItem } from './talks.ts'

const MB = 1024 * 1024
const SESSIONS = 100
const ITEMS = 40
const PRUNED_SESSIONS = 30

const kept: Kept[] = []
await measureLonely()
for (const talk of TALKS) {
  await measureTiers(talk)
  await measurePruner(talk)
}
writeSync(process.stdout.fd, `${JSON.stringify(kept)}\n`)

async function measureTiers(talk: Talk): Promise<void> {
  const memory = new TieredStorageManager({
    path: ':memory:',
    inProcess: { maxBytes: 400 * MB },
    segmentCacheMaxBytes: 400 * MB,
    tierMigrationInterval: 0,
  })
  await memory.initialize()
  const [copies, segments, decoded, searches] = memory.relief.caches
  const ids: string[] = []
  const itemsOf = (session: number, from: number) =>
    Array.from({ length: ITEMS }, (_, index) => talkItem(talk, session, from + index))
  const address = (session: number) => ({ userId: 'ada', sessionId: `${talk}-${session}` })
  for (let session = 0; session < SESSIONS; session++) ids.push(...(await memory.addMemoryItems(itemsOf(session, 0))))
  await readAll()
  empty(segments, decoded)
  kept.push(measureKept(`${talk}: copies`, copies!))
  await readAll()
  for (const id of ids) await memory.getMemoryItem(id)
  empty(segments, decoded)
  kept.push(measureKept(`${talk}: copies, by id`, copies!))
  for (let session = 0; session < SESSIONS; session++) await memory.demote(address(session), 'warm')
  empty(copies, segments, decoded)
  await readAll()
  empty(copies)
  kept.push(measureKept(`${talk}: segments decoded`, decoded!))
  kept.push(measureKept(`${talk}: segments`, segments!))
  await memory.searchMemory({ userId: 'ada', query: 'ship' })
  kept.push(measureKept(`${talk}: searches`, searches!))
  await memory.close()

  async function readAll(): Promise<void> {
    for (let session = 0; session < SESSIONS; session++) await memory.getConversationHistory(address(session))
  }
}

async function measurePruner(talk: Talk): Promise<void> {
  const embedder: Embedder = {
    name: 'numbers',
    embed: async (texts) => texts.map((text) => Array.from({ length: 768 }, (_, i) => Math.sin(text.length + i))),
  }
  const pruner = new ContextPruner({ embedder, maxContextTokens: 500 })
  const { caches } = pruner.relief
  for (const [i, cache] of caches.entries()) {
    // Each has its turn, as they share the texts.
    for (let session = 0; session < PRUNED_SESSIONS; session++) await prune(pruner, talk, session)
    empty(...caches.filter((one) => one !== cache))
    kept.push(measureKept(`${talk}: ${['history indexes', 'counts', 'hashes', 'vectors'][i]}`, cache))
  }
}

/** What was read from a store, and is held by nobody any more. */
async function prune(pruner: ContextPruner, talk: Talk, session: number): Promise<void> {
  const items = Array.from({ length: ITEMS }, (_, index) => talkItem(talk, session, index))
  const made = items.map((item, i) => ({
    ...decodeBody(JSON.stringify({ ...item, createdAt: Date.UTC(2026) + i })),
    ...{ id: `${talk}-${session}-${i}`, tenantId: 'default', userId: 'ada', sessionId: `s${session}` },
    ...({ tier: 'hot', cached: false, accessCount: 0 } as const),
  }))
  await pruner.pruneConversationHistory(made, { query: 'ship' })
}

/** Sessions of one item each. */
async function measureLonely(): Promise<void> {
  const memory = new TieredStorageManager({ path: ':memory:', tierMigrationInterval: 0 })
  const addresses = Array.from({ length: 2000 }, (_, i) => ({ userId: 'ada', sessionId: `lonely-${i}` }))
  await memory.addMemoryItems(addresses.map((address) => ({ ...address, contentType: 'note', content: 'hello' })))
  for (const address of addresses) await memory.getConversationHistory(address)
  kept.push(measureKept('lonely: copies', memory.relief.caches[0]!))
  await memory.searchMemory({ userId: 'ada', query: 'hello' })
  kept.push(measureKept('lonely: searches', memory.relief.caches[3]!))
  await memory.close()
}

/** What they share with another cache is not to be held by them. */
function empty(...caches: readonly (BoundedCache | undefined)[]): void {
  for (const cache of caches) {
    cache?.limit(0)
    cache?.limit(cache.maxBytes)
  }
}
