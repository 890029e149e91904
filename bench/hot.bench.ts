/** History from Redis and from the process, against one raw read of the same bytes, and against bentocache. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type MemoryItem, TieredStorageManager, type TieredStorageManagerOptions } from '../dist/index.js'
import { startRedis } from '../emulators/redis.ts'
import { until } from '../emulators/until.ts'
import { SESSION_KEY_CHARS, type SessionKey } from '../src/memory/session.ts'
import { type Comparison, compare, median, type Round } from './compare.ts'
import { appendRounds } from './hot/appends.ts'
import { type PeerCache, peerCaches } from './hot/bentocache.ts'
import { callsOf, connectRaw, copyRecords, readRaw } from './hot/raw-redis.ts'
import { addSessions } from './hot/sessions.ts'
import { benchOptions, type Result, report } from './report.ts'
import { atOnce, type Operation, oneByOne } from './rounds.ts'

const NEWEST = 50
const ROUNDS = 15
/**
 * Reads of a round, some 150 ms: short enough that the machine is as fast for the one of a pair as for the other, and long
 * enough that the full collection before each pair, which empties the processor's caches, does not decide it.
 */
const READS = 1000
const READS_AT_ONCE = 64 * 50
const HITS = 5000
/** Reads of each side before anything is measured: V8 compiles what a server runs all day only after thousands of calls. */
const WARM_UP_READS = 20_000

const options = benchOptions()
const folder = mkdtempSync(join(tmpdir(), 'thermocline-bench-'))
const redis = await startRedis()
const raw = await connectRaw(redis)
const memory = manager()
const sessions = await addSessions(memory, options.data)
const whole = await Promise.all(sessions.map((session) => memory.getConversationHistory(session)))
const keys = whole.map(([oldest]) => oldest!.id.slice(0, SESSION_KEY_CHARS) as SessionKey)
const names = await raw.keys('thermocline:h:*')
const logs = await Promise.all(keys.map((key, i) => copyRecords(raw, nameOf(key), `raw:${i}`, NEWEST)))
// Strong reads are what Redis answers; the process keeps copies meanwhile, as it does for everybody.
const strong: Operation = (i) => newest(memory, i, 'strong')
const cached: Operation = (i) => newest(memory, i, 'cached')
const rawRead: Operation = (i) => readRaw(raw, logs[i % logs.length]!)
const rawOneByOne = oneByOne(READS, rawRead)
const rawAtOnce = atOnce(64, READS_AT_ONCE, rawRead)
const results: Result[] = []

/** Reads that Redis answers. */
async function fromRedis(): Promise<void> {
  await mustAgree()
  for (const read of [rawRead, strong]) await atOnce(64, WARM_UP_READS, read)()
  const p50 = await timeOf('redis_history50_p50_vs_raw', oneByOne(READS, strong), rawOneByOne, 1.2)
  results.push({ name: 'redis_history50_p50', value: p50.oursMs * 1000, unit: 'us' })
  results.push({ name: 'raw_history50_p50', value: p50.theirsMs * 1000, unit: 'us' })
  const rate = await rateOf('redis_history50_rate64_vs_raw', atOnce(64, READS_AT_ONCE, strong), rawAtOnce, 0.8)
  results.push({ name: 'redis_history50_rate64', value: READS_AT_ONCE / rate.oursMs, unit: '/ms' })
  // The same in default mode, where the process keeps nothing.
  const bare = manager({ inProcess: { maxBytes: 0 } })
  const bareRead: Operation = (i) => newest(bare, i, 'cached')
  await atOnce(64, WARM_UP_READS, bareRead)()
  await timeOf('redis_alone_history50_p50_vs_raw', oneByOne(READS, bareRead), rawOneByOne)
  await rateOf('redis_alone_history50_rate64_vs_raw', atOnce(64, READS_AT_ONCE, bareRead), rawAtOnce)
  await bare.close()
}

async function fromProcess(): Promise<void> {
  await until('histories are answered by the process', async () => {
    const before = await callsOf(raw, 'getrange')
    for (const i of sessions.keys()) await cached(i)
    return (await callsOf(raw, 'getrange')) === before
  })
  const { ratio, oursMs } = await compare(atOnce(1, HITS, cached), atOnce(1, READS, strong), ROUNDS)
  results.push({ name: 'inprocess_history50_vs_redis', value: (ratio * HITS) / READS, unit: 'x', aim: 20 })
  results.push({ name: 'inprocess_history50_rate', value: HITS / oursMs, unit: '/ms' })
}

async function fromPeer(): Promise<void> {
  const { cold, inProcess, inProcessUnserialized } = peerCaches(raw)
  for (const [i, log] of logs.entries()) {
    const values = await readRaw(raw, log)
    for (const cache of [cold, inProcess, inProcessUnserialized]) await cache.set(`session-${i}`, values)
  }
  const read = (cache: PeerCache): Operation => {
    return async (i) => {
      const values = await cache.get(`session-${i % sessions.length}`)
      if (values === undefined) throw new Error('Cannot compare: bentocache has lost a value')
    }
  }
  await timeOf('bentocache_history50_p50_vs_raw', oneByOne(READS, read(cold)), rawOneByOne)
  await rateOf('bentocache_history50_rate64_vs_raw', atOnce(64, READS_AT_ONCE, read(cold)), rawAtOnce)
  const hits = { bentocache_inprocess_history50_rate: inProcess, bentocache_unserialized_rate: inProcessUnserialized }
  for (const [name, cache] of Object.entries(hits)) {
    const { oursMs } = await compare(atOnce(1, HITS, read(cache)), atOnce(1, HITS, cached), ROUNDS)
    results.push({ name, value: HITS / oursMs, unit: '/ms' })
  }
}

async function appends(): Promise<void> {
  const [items, key, log] = [whole[0]!, keys[0]!, logs[0]!]
  const rounds = await appendRounds(raw, { newest: items.at(-1)!, key, name: nameOf(key), n: items.length, log }, READS)
  await timeOf('redis_append_p50_vs_raw', rounds.ours, rounds.raw)
  await rounds.close()
}

/** A read that has to leave a lease, ask SQLite and fill the copy, against one that finds it. */
async function misses(): Promise<void> {
  const after = (nameAt: (i: number) => string): Round =>
    oneByOne(READS / 4, async (i) => {
      await raw.unlink(nameAt(i))
      await strong(i)
    })
  await timeOf(
    'redis_miss_p50_vs_hit',
    after((i) => nameOf(keys[i % keys.length]!)),
    after(() => 'nothing'),
  )
}

async function room(): Promise<void> {
  for (const session of sessions) await memory.getConversationHistory({ ...session, read: 'strong' })
  const ofBoth = { redis_session200: keys.map(nameOf), raw_session200: logs.map(({ name }) => name) }
  for (const [name, ofRedis] of Object.entries(ofBoth)) {
    const bytes = await Promise.all(ofRedis.map((key) => raw.memory('USAGE', key)))
    results.push({ name, value: median(bytes.map(Number)), unit: 'bytes' })
  }
}

/** Both sides give the same items, and one of our reads is one call to the server. */
async function mustAgree(): Promise<void> {
  for (const i of sessions.keys()) await strong(i)
  const before = await callsOf(raw, 'getrange')
  for (const [i, log] of logs.entries()) {
    const values = await readRaw(raw, log)
    const items = await newest(memory, i, 'strong')
    const pairs = items.flatMap(({ id, content, contentType, createdAt }) => [
      id.slice(SESSION_KEY_CHARS + 1),
      { content, contentType, createdAt },
    ])
    if (pairs.length !== 2 * NEWEST || JSON.stringify(pairs) !== JSON.stringify(values)) {
      throw new Error('Cannot compare: the two sides read different items')
    }
  }
  const calls = (await callsOf(raw, 'getrange')) - before
  if (calls !== 2 * logs.length) throw new Error(`Cannot compare: expected one call a read: received ${calls} for two`)
}

function manager(more: TieredStorageManagerOptions = {}): TieredStorageManager {
  return new TieredStorageManager({
    path: join(folder, 'ours.db'),
    redisHost: redis.host,
    redisPort: redis.port,
    tierMigrationInterval: 0,
    // On a machine with other work a call may take longer than 250 ms, and SQLite would answer meanwhile.
    hotCalls: { timeoutMs: 2_000 },
    ...more,
  })
}

function newest(from: TieredStorageManager, i: number, read: 'cached' | 'strong'): Promise<readonly MemoryItem[]> {
  return from.getConversationHistory({ ...sessions[i % sessions.length]!, limit: NEWEST, read })
}

function nameOf(key: SessionKey): string {
  return names.find((name) => name.includes(key))!
}

/** How many times longer ours takes. */
async function timeOf(name: string, ours: Round, theirs: Round, aim?: number): Promise<Comparison> {
  const comparison = await compare(ours, theirs, ROUNDS)
  results.push({ name, value: 1 / comparison.ratio, unit: 'x', better: 'less', ...(aim !== undefined && { aim }) })
  return comparison
}

/** How many times faster ours is. */
async function rateOf(name: string, ours: Round, theirs: Round, aim?: number): Promise<Comparison> {
  const comparison = await compare(ours, theirs, ROUNDS)
  results.push({ name, value: comparison.ratio, unit: 'x', ...(aim !== undefined && { aim }) })
  return comparison
}

try {
  await fromRedis()
  await fromProcess()
  await fromPeer()
  await appends()
  await misses()
  await room()
  // What Redis did not answer, SQLite did: then the figures are of something else.
  const failures = memory.getStats().hot.shared?.failures ?? 0
  results.push({ name: 'redis_failed_calls', value: failures, unit: 'calls', aim: 0, better: 'less' })
} finally {
  await memory.close()
  raw.disconnect()
  await redis.stop()
  rmSync(folder, { recursive: true, force: true })
}
report('hot', results, options)
