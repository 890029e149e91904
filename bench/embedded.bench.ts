/** The embedded default against raw parts of the same kind: `lru-cache`, `node:sqlite`; and what cold items take. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import { type NewMemoryItem, TieredStorageManager } from '../dist/index.js'
import { coldRatios } from './cold-ratio.ts'
import { type Comparison, compare, timed } from './compare.ts'
import { rawSqlite } from './embedded/raw-sqlite.ts'
import { benchOptions, type Result, report } from './report.ts'

const ROUNDS = 9
const USERS = 100
const options = benchOptions()
const folder = mkdtempSync(join(tmpdir(), 'thermocline-bench-'))
const memory = new TieredStorageManager({ path: join(folder, 'ours.db'), tierMigrationInterval: 0 })
const raw = rawSqlite(join(folder, 'raw.db'))
let counter = 0

function item(user: number): NewMemoryItem {
  counter += 1
  return {
    userId: `user-${user}`,
    sessionId: 'bench',
    contentType: counter % 2 === 0 ? 'assistant_message' : 'user_message',
    content: `Message ${counter}: ${'the quick brown fox jumps over the lazy dog, '.repeat(5)}`,
  }
}

function rawAdd(user: number): void {
  const { content, contentType } = item(user)
  // The bytes that ours writes: a body as JSON, a key of 26 and an id of 27 characters.
  raw.add(
    `user-${user}`.padStart(26, '0'),
    String(counter).padStart(27, '0'),
    JSON.stringify({ content, contentType, createdAt: Date.now() }),
  )
}

async function hotGet(): Promise<Comparison> {
  const ids: string[] = []
  for (let n = 0; n < 1000; n++) ids.push(await memory.addMemoryItem(item(n % 10)))
  for (let user = 0; user < 10; user++)
    await memory.getConversationHistory({ userId: `user-${user}`, sessionId: 'bench' })
  const lru = new LRUCache<string, object>({ max: 10_000 })
  for (const id of ids) lru.set(id, (await memory.getMemoryItem(id))!)
  const loops = 200
  return compare(
    () =>
      timed(async () => {
        for (let loop = 0; loop < loops; loop++) for (const id of ids) await memory.getMemoryItem(id)
      }),
    () =>
      timed(async () => {
        for (let loop = 0; loop < loops; loop++) for (const id of ids) await lru.get(id)
      }),
    ROUNDS,
  )
}

/** One add at a time: the user whose turn it is. */
function addOne(): Promise<Comparison> {
  return compare(
    () =>
      timed(async () => {
        for (let n = 0; n < 400; n++) await memory.addMemoryItem(item(n % USERS))
      }),
    () =>
      timed(() => {
        for (let n = 0; n < 400; n++) rawAdd(n % USERS)
      }),
    ROUNDS,
  )
}

/** 64 adds at once against raw inserts one at a time. */
function add64(userOf: (n: number) => number): Promise<Comparison> {
  const count = 64 * 10
  return compare(
    () =>
      timed(async () => {
        for (let n = 0; n < count; n += 64) {
          await Promise.all(Array.from({ length: 64 }, (_, i) => memory.addMemoryItem(item(userOf(n + i)))))
        }
      }),
    () =>
      timed(() => {
        for (let n = 0; n < count; n++) rawAdd(userOf(n))
      }),
    ROUNDS,
  )
}

async function history50(): Promise<Comparison> {
  const address = { userId: 'history', sessionId: 'bench' }
  for (let n = 0; n < 190; n++) {
    await memory.addMemoryItem({ ...item(0), ...address })
    counter -= 1
    rawAdd(0)
    raw.add(
      'history'.padStart(26, '0'),
      String(counter).padStart(27, '0'),
      JSON.stringify({ content: item(0).content, contentType: 'user_message', createdAt: Date.now() }),
    )
  }
  const reads = 500
  return compare(
    () =>
      timed(async () => {
        // `strong` goes past the hot tier.
        for (let n = 0; n < reads; n++) await memory.getConversationHistory({ ...address, limit: 50, read: 'strong' })
      }),
    () =>
      timed(() => {
        for (let n = 0; n < reads; n++) raw.newest('history'.padStart(26, '0'), 50)
      }),
    ROUNDS,
  )
}

const results: Result[] = []
const ratio = (name: string, comparison: Comparison, aim?: number): void => {
  results.push({ name, value: comparison.ratio, unit: 'x', ...(aim !== undefined && { aim }) })
}
try {
  ratio('hot_get_vs_lru_cache', await hotGet(), 0.5)
  const one = await addOne()
  ratio('durable_add_vs_raw_sqlite', one, 0.7)
  results.push({ name: 'raw_sqlite_add_us', value: (one.theirsMs / 400) * 1000, unit: 'us' })
  ratio('durable_add64_vs_raw_sqlite', await add64(() => 1), 5)
  ratio('durable_add64_sessions_vs_raw_sqlite', await add64((n) => n % USERS))
  ratio('history50_vs_raw_sqlite', await history50(), 0.7)
  if (options.data !== undefined) {
    for (const [name, value] of Object.entries(await coldRatios(options.data))) {
      const aim = coldAims()[name]
      results.push({ name, value, unit: 'x', ...(aim !== undefined && { aim }) })
    }
  }
} finally {
  await memory.close()
  raw.close()
  rmSync(folder, { recursive: true, force: true })
}
report('embedded', results, options)

function coldAims(): Readonly<Record<string, number>> {
  return {
    'cold_ratio.locomo': 3.9,
    'cold_ratio.taubench': 5.6,
    'cold_ratio.sweagent': 4.2,
    'cold_ratio.taskmaster4': 2.8,
    'cold_ratio_64k.locomo': 5.0,
  }
}
