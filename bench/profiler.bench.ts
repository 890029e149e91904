/** What it costs a program that its memory is watched. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { median } from './compare.ts'
import { overhead } from './profiler/overhead.ts'
import type { RedisGets } from './profiler/redis-gets.ts'
import { openWatchedMemory } from './profiler/watched-memory.ts'
import { benchOptions, type Result, report } from './report.ts'
import { atOnce } from './rounds.ts'

const ROUNDS = 51
const COLLECTS = 200
const COLLECT_ROUNDS = 9
const IDLE_ROUNDS = 5
const IDLE_MS = 3_000
/** Two runs of one program differ by more than what is looked for: so there are several, and the middle one counts. */
const REDIS_PROCESSES = 7
const PROCESS_GETS = 20_000
const PROCESS_HISTORIES = 3_000

const options = benchOptions()
const { memory, profiler, session, ids, close } = await openWatchedMemory()
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
 * Gets from Redis, one after the other, so that what the main thread does more is what each takes longer. Its CPU time is
 * told by the scheduler, and knows little of the rest of the machine; beside it stands what the clock says.
 */
function redisGets(): void {
  const found = Array.from({ length: REDIS_PROCESSES }, (): RedisGets => {
    const script = join(import.meta.dirname, 'profiler', 'redis-gets.ts')
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', script], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`Cannot measure gets from Redis: ${stderr}`)
    return JSON.parse(stdout) as RedisGets
  })
  const percents = found.map(({ threadPercent }) => threadPercent)
  const clockPercents = found.map(({ clockPercent }) => clockPercent)
  const name = 'overhead_redis_get_percent'
  results.push({ name, value: median(percents), unit: '%', aim: 2, better: 'less' })
  results.push({ name: `${name}_lowest`, value: Math.min(...percents), unit: '%' })
  results.push({ name: `${name}_highest`, value: Math.max(...percents), unit: '%' })
  results.push({ name: 'overhead_redis_get_clock_percent', value: median(clockPercents), unit: '%' })
  results.push({ name: 'redis_get', value: median(found.map(({ getUs }) => getUs)), unit: 'us' })
}

async function processGets(): Promise<void> {
  const gets = atOnce(1, PROCESS_GETS, (i) => memory.getMemoryItem(ids[i % ids.length]!))
  const get = await overhead(profiler, gets, ROUNDS)
  results.push({
    name: 'overhead_inprocess_get_us',
    value: (1_000 * get.moreMs) / PROCESS_GETS,
    unit: 'us',
    aim: 0.5,
    better: 'less',
  })
  results.push({ name: 'inprocess_get', value: (1_000 * get.ms) / PROCESS_GETS, unit: 'us' })
  const newest = { ...session, limit: 50 }
  const histories = atOnce(1, PROCESS_HISTORIES, () => memory.getConversationHistory(newest))
  const history = await overhead(profiler, histories, ROUNDS)
  const moreUs = (1_000 * history.moreMs) / PROCESS_HISTORIES
  results.push({ name: 'overhead_inprocess_history50_us', value: moreUs, unit: 'us' })
  results.push({ name: 'inprocess_history50', value: (1_000 * history.ms) / PROCESS_HISTORIES, unit: 'us' })
}

try {
  await collecting()
  await idling()
  await processGets()
} finally {
  await close()
}
redisGets()
report('profiler', results, options)
