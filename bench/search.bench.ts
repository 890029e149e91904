/** Search over LoCoMo's conversations: whether it finds the turns that answer a question, and how fast. Not shipped: CC BY-NC. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/lib/clock.ts'
import { StampMaker } from '../src/memory/stamp.ts'
import { inProcessDurableStore } from '../src/stores/in-process/durable-store.ts'
import { inProcessHotStore } from '../src/stores/in-process/hot-store.ts'
import { TieredStorageManager } from '../src/thermocline.ts'
import { HeatLedger } from '../src/tiers/heat-ledger.ts'
import { TIER_DEFAULTS } from '../src/tiers/options.ts'
import { SearchPath } from '../src/tiers/search-path.ts'
import { SegmentSource } from '../src/tiers/segment-source.ts'
import { median, timed } from './compare.ts'
import { benchOptions, type Result, report } from './report.ts'

interface Turn {
  readonly userId: string
  readonly sessionId: string
  readonly content: string
  readonly createdAt: string
  readonly _conv: number
  readonly _turn: string
}

interface Question {
  readonly conv: number
  readonly question: string
  readonly evidence: readonly string[]
}

const LIMIT = 10
const COLD_ROUNDS = 5
const options = benchOptions()
if (options.data === undefined) {
  console.error('Usage: npm run bench -- search --data DIR [--json]\nDIR has locomo-items.jsonl and locomo-qa.jsonl')
  process.exit(2)
}
const turns = readLines<Turn>('locomo-items.jsonl')
const questions = readLines<Question>('locomo-qa.jsonl').filter(({ evidence }) => evidence.length > 0)
const durable = inProcessDurableStore()
const memory = new TieredStorageManager({
  stores: { durable, hot: inProcessHotStore() },
  tierMigrationInterval: 0,
})
const turnOf = new Map<string, string>()
const ids = await memory.addMemoryItems(
  turns.map(({ userId, sessionId, content, createdAt }) => ({
    ...{ userId, sessionId, content, createdAt, contentType: 'user_message' },
  })),
)
for (const [i, id] of ids.entries()) turnOf.set(id, turns[i]!._turn)
const ownerOf = new Map(turns.map(({ _conv, userId }) => [_conv, { tenantId: 'default', userId }]))

const results: Result[] = []
const search = searchPath()
let recall = 0
let hits = 0
const coldMs: number[] = []
const warmMs: number[] = []
for (let round = 0; round < COLD_ROUNDS; round++) {
  const cold = searchPath()
  for (const owner of ownerOf.values()) {
    coldMs.push(await timed(() => cold.search(owner, { query: 'When did they go camping?', limit: LIMIT })))
  }
}
for (const { conv, question, evidence } of questions) {
  const owner = ownerOf.get(conv)!
  const found = await search.search(owner, { query: question, limit: LIMIT })
  const foundTurns = new Set(found.hits.map(({ item }) => turnOf.get(item.id)))
  const share = evidence.filter((turn) => foundTurns.has(turn)).length / evidence.length
  recall += share
  if (share > 0) hits += 1
  warmMs.push(await timed(() => search.search(owner, { query: question, limit: LIMIT })))
}
const bytes = turns.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
const perRound = coldMs.reduce((sum, ms) => sum + ms, 0) / COLD_ROUNDS
results.push({ name: 'recall_at_10', value: (100 * recall) / questions.length, unit: '%' })
results.push({ name: 'hit_at_10', value: (100 * hits) / questions.length, unit: '%' })
results.push({ name: 'search_warm_p50', value: median(warmMs), unit: 'ms', better: 'less' })
results.push({ name: 'search_cold_p50', value: median(coldMs), unit: 'ms', better: 'less' })
results.push({ name: 'index_rate', value: bytes / 1e3 / perRound, unit: 'MB/s' })
await memory.close()
report('search', results, options)

/** A search that has indexed nothing yet. */
function searchPath(): SearchPath {
  const hot = inProcessHotStore()
  return new SearchPath({
    ...{ durable, hot, clock: systemClock, options: TIER_DEFAULTS },
    segments: new SegmentSource(durable, hot, TIER_DEFAULTS.segmentCacheMaxBytes),
    ledger: new HeatLedger(1000),
    stamps: new StampMaker(),
    countTokens: async () => [],
  })
}

function readLines<T>(file: string): readonly T[] {
  const text = readFileSync(join(options.data!, file), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}
