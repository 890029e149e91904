/** Search over LoCoMo's conversations: whether it finds the turns that answer a question, and how fast. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { inProcessDurableStore, inProcessHotStore, type SearchResult, TieredStorageManager } from '../dist/index.js'
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
/** Copies of everything that one user of the large memory has: about 4 MB of text. */
const COPIES = 10
const LARGE = { userId: 'large' }
const WARM_ROUNDS = 50
const options = benchOptions()
if (options.data === undefined) {
  console.error('Usage: npm run bench -- search --data DIR [--json]\nDIR has locomo-items.jsonl and locomo-qa.jsonl')
  process.exit(2)
}
const turns = readLines<Turn>('locomo-items.jsonl')
const questions = readLines<Question>('locomo-qa.jsonl').filter(({ evidence }) => evidence.length > 0)
const durable = inProcessDurableStore()
const memory = manager()
const ids = await add(({ userId }) => userId)
const turnOf = new Map(ids.map((id, i) => [id, turns[i]!._turn]))
const ownerOf = new Map(turns.map(({ _conv, userId }) => [_conv, { userId }]))
for (let copy = 0; copy < COPIES; copy++) await add(() => LARGE.userId, `-${copy}`)

const results: Result[] = []
await recall()
await large()
await memory.close()
report('search', results, options)

/** The share of the turns with the answer among the first hits, and of the questions that get one of them. */
async function recall(): Promise<void> {
  const search = searcher()
  const warmMs: number[] = []
  let found = 0
  let hits = 0
  for (const { conv, question, evidence } of questions) {
    const owner = ownerOf.get(conv)!
    const result = await search(owner, question)
    const foundTurns = new Set(result.hits.map(({ item }) => turnOf.get(item.id)))
    const share = evidence.filter((turn) => foundTurns.has(turn)).length / evidence.length
    found += share
    if (share > 0) hits += 1
    warmMs.push(await timed(() => search(owner, question)))
  }
  results.push({ name: 'recall_at_10', value: (100 * found) / questions.length, unit: '%' })
  results.push({ name: 'hit_at_10', value: (100 * hits) / questions.length, unit: '%' })
  results.push({ name: 'search_warm_p50', value: median(warmMs), unit: 'ms', better: 'less' })
}

async function large(): Promise<void> {
  const search = searcher()
  const ask = (query: string) => timed(() => search(LARGE, query))
  const bytes = COPIES * turns.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const coldMs = await ask('When did they go camping?')
  delay.disable()
  const warmMs: number[] = []
  for (let i = 0; i < WARM_ROUNDS; i++) warmMs.push(await ask(questions[i % questions.length]!.question))
  results.push({ name: 'large.search_cold', value: coldMs, unit: 'ms', better: 'less' })
  results.push({ name: 'large.search_warm_p50', value: median(warmMs), unit: 'ms', better: 'less' })
  results.push({ name: 'large.index_rate', value: bytes / 1e3 / coldMs, unit: 'MB/s' })
  results.push({ name: 'large.longest_turn', value: delay.max / 1e6, unit: 'ms', better: 'less' })
}

/** Adds all turns, and gives their ids in the same order. */
function add(userOf: (turn: Turn) => string, suffix = ''): Promise<string[]> {
  return memory.addMemoryItems(
    turns.map((turn) => ({
      userId: userOf(turn),
      sessionId: turn.sessionId + suffix,
      contentType: 'user_message',
      content: turn.content,
      createdAt: turn.createdAt,
    })),
  )
}

function manager(): TieredStorageManager {
  return new TieredStorageManager({ stores: { durable, hot: inProcessHotStore() }, tierMigrationInterval: 0 })
}

/** A search that has indexed nothing yet. */
function searcher(): (owner: { readonly userId: string }, query: string) => Promise<SearchResult> {
  const fresh = manager()
  return (owner, query) => fresh.searchMemory({ ...owner, query, limit: LIMIT })
}

function readLines<T>(file: string): readonly T[] {
  const text = readFileSync(join(options.data!, file), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}
