/** One process of those that `profiler.bench.ts` starts: what a get from Redis takes more while profiled, as JSON. */
import type { Round } from '../compare.ts'
import { atOnce, type Operation } from '../rounds.ts'
import { overhead } from './overhead.ts'
import { openWatchedMemory } from './watched-memory.ts'

/** Rounds by the clock are short, so that other work on the machine is the same for both of a pair. */
const CLOCK = { rounds: 21, gets: 200 }
/** CPU time of a thread knows little of that, so its rounds may be longer: what starting costs weighs less. */
const THREAD = { rounds: 9, gets: 500 }

export interface RedisGets {
  /** Main-thread CPU time that a get takes more, in percent of how long it lasts. */
  readonly threadPercent: number
  readonly clockPercent: number
  readonly getUs: number
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

const { memory, profiler, ids, close } = await openWatchedMemory()
const get: Operation = (i) => memory.getMemoryItem(ids[i % ids.length]!, { read: 'strong' })
const onThread = await overhead(profiler, threadTime(THREAD.gets, get), THREAD.rounds)
const byClock = await overhead(profiler, atOnce(1, CLOCK.gets, get), CLOCK.rounds)
await close()
const getMs = byClock.ms / CLOCK.gets
const found: RedisGets = {
  threadPercent: (100 * onThread.moreMs) / THREAD.gets / getMs,
  clockPercent: (100 * byClock.moreMs) / byClock.ms,
  getUs: 1_000 * getMs,
}
console.log(JSON.stringify(found))
