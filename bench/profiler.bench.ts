/** What it costs a program that its memory is watched. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { RedisLRUCache, TieredStorageManager } from '../dist/index.js'
import { MemoryProfiler } from '../dist/telemetry/index.js'
import { startRedis } from '../emulators/redis.ts'
import { compare, median, type Round } from './compare.ts'
import { benchOptions, type Result, report } from './report.ts'
import { atOnce, type Operation } from './rounds.ts'

const ITEMS = 200
const ROUNDS = 51
const COLLECTS = 200
const COLLECT_ROUNDS = 9
const IDLE_ROUNDS = 5
const IDLE_MS = 3_000
/** Rounds are short, so that other work on the machine is the same for both of a pair. */
const REDIS_GETS = 200
/** CPU time of a thread knows nothing of that, so its rounds may be long: what starting costs weighs less. */
const THREAD_ROUNDS = 21
const THREAD_GETS = 1_000
const PROCESS_GETS = 20_000
const PROCESS_HISTORIES = 3_000

const options = benchOptions()
const folder = mkdtempSync(join(tmpdir(), 'thermocline-bench-'))
const redis = await startRedis()
const address = { redisHost: redis.host, redisPort: redis.port }
const memory = new TieredStorageManager({
  path: join(folder, 'ours.db'),
  tierMigrationInterval: 0,
  hotCalls: { timeoutMs: 2_000 },
  ...address,
})
const cache = new RedisLRUCache({ ...address })
await cache.connect()
const session = { userId: 'user', sessionId: 'session' }
const ids = await memory.addMemoryItems(
  Array.from({ length: ITEMS }, (_, i) => ({ ...session, content: `Message ${i} of ${ITEMS}.`, contentType: 'text' })),
)
await memory.getConversationHistory(session)
const profiler = new MemoryProfiler({ profilingInterval: 1, env: {} })
profiler.setTieredStorage(memory)
profiler.setRedisCache(cache)
const results: Result[] = []

/** Time of the main thread, waiting for Redis left out. */
async function collecting(): Promise<void> {
  profiler.startProfiling()
  const times: number[] = []
  for (let round = 0; round < COLLECT_ROUNDS; round++) {
    const before = process.threadCpuUsage()
    for (let i = 0; i < COLLECTS; i++) await profiler.collectMetrics()
    const { user, system } = process.threadCpuUsage(before)
    times.push((user + system) / 1_000 / COLLECTS)
  }
  await profiler.stopProfiling()
  results.push({ name: 'collect_ms', value: median(times), unit: 'ms', aim: 1, better: 'less' })
}

/** What a process that has nothing else to do takes of a core, all its threads together, less what it takes without. */
async function idling(): Promise<void> {
  const share = async (): Promise<number> => {
    const [before, startedAt] = [process.cpuUsage(), performance.now()]
    await delay(IDLE_MS)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 10 / (performance.now() - startedAt)
  }
  const shares: number[] = []
  for (let round = 0; round < IDLE_ROUNDS; round++) {
    const without = await share()
    profiler.startProfiling()
    shares.push((await share()) - without)
    await profiler.stopProfiling()
  }
  results.push({ name: 'core_share_percent', value: median(shares), unit: '%', aim: 1, better: 'less' })
}

/**
 * Milliseconds that rounds take longer while profiled, and without it. Each is run twice and the second is timed: a channel
 * that got its first listener, or lost its last, makes V8 compile anew what publishes on it.
 */
async function overhead(round: Round, rounds = ROUNDS): Promise<{ readonly moreMs: number; readonly ms: number }> {
  let profiledMs = 0
  const profiled: Round = async () => {
    profiler.startProfiling()
    await round()
    // As often as at an interval of a second.
    const collected = profiledMs >= 1_000 ? profiler.collectMetrics() : undefined
    const ms = await round()
    await collected
    await profiler.stopProfiling()
    profiledMs = (collected === undefined ? profiledMs : 0) + ms
    return ms
  }
  const { ratio, theirsMs } = await compare(profiled, twice(round), rounds)
  return { moreMs: theirsMs * (1 / ratio - 1), ms: theirsMs }
}

function twice(round: Round): Round {
  return async () => {
    await round()
    return round()
  }
}

/**
 * Gets from Redis, one after the other, so that what the main thread does more is what each takes longer. Its CPU time is
 * told by the scheduler, and knows nothing of the rest of the machine; beside it stands what the clock says.
 */
async function redisGets(): Promise<void> {
  const get = (i: number): Promise<unknown> => memory.getMemoryItem(ids[i % ITEMS]!, { read: 'strong' })
  const onThread = await overhead(threadTime(THREAD_GETS, get), THREAD_ROUNDS)
  const rounds = atOnce(1, REDIS_GETS, get)
  const byClock = await overhead(rounds)
  const percent = (moreMs: number, gets: number): number => (100 * moreMs * REDIS_GETS) / gets / byClock.ms
  results.push({
    name: 'overhead_redis_get_percent',
    value: percent(onThread.moreMs, THREAD_GETS),
    unit: '%',
    aim: 2,
    better: 'less',
  })
  results.push({ name: 'overhead_redis_get_clock_percent', value: percent(byClock.moreMs, REDIS_GETS), unit: '%' })
  // What the machine makes of two things that are the same: no overhead can be told that is below it.
  const { ratio } = await compare(twice(rounds), twice(rounds), ROUNDS)
  results.push({ name: 'noise_redis_get_clock_percent', value: 100 * Math.abs(1 / ratio - 1), unit: '%' })
  results.push({ name: 'redis_get', value: (1_000 * byClock.ms) / REDIS_GETS, unit: 'us' })
}

/** Rounds of `count` operations, one after the other: the CPU time of this thread, in milliseconds. */
function threadTime(count: number, operation: Operation): Round {
  let i = 0
  return async () => {
    const before = process.threadCpuUsage()
    for (let n = 0; n < count; n++) await operation(i++)
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1_000
  }
}

async function gets(): Promise<void> {
  await redisGets()
  const get = await overhead(atOnce(1, PROCESS_GETS, (i) => memory.getMemoryItem(ids[i % ITEMS]!)))
  results.push({
    name: 'overhead_inprocess_get_us',
    value: (1_000 * get.moreMs) / PROCESS_GETS,
    unit: 'us',
    aim: 0.5,
    better: 'less',
  })
  results.push({ name: 'inprocess_get', value: (1_000 * get.ms) / PROCESS_GETS, unit: 'us' })
  const newest = { ...session, limit: 50 }
  const history = await overhead(atOnce(1, PROCESS_HISTORIES, () => memory.getConversationHistory(newest)))
  const moreUs = (1_000 * history.moreMs) / PROCESS_HISTORIES
  results.push({ name: 'overhead_inprocess_history50_us', value: moreUs, unit: 'us' })
  results.push({ name: 'inprocess_history50', value: (1_000 * history.ms) / PROCESS_HISTORIES, unit: 'us' })
}

try {
  await collecting()
  await idling()
  await gets()
} finally {
  await cache.close()
  await memory.close()
  await redis.stop()
  rmSync(folder, { recursive: true, force: true })
}
report('profiler', results, options)
