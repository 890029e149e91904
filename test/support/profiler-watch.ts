import { onTestFinished } from 'vitest'
import {
  MemoryProfiler,
  type ProfiledStorage,
  type ProfilerMetrics,
  type StoreMetrics,
} from '../../src/telemetry/index.ts'
import type { RedisSource } from '../../src/telemetry/tiers/redis-watch.ts'
import type { ManualClock } from '../../src/testing/manual-clock.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { CHAT, message } from './items.ts'

export interface Watched {
  readonly memory?: ProfiledStorage
  readonly cache?: RedisSource
  /** Seconds. */
  readonly interval: number
  /** Each look moves it on by one interval. @default looks come by themselves */
  readonly clock?: ManualClock
}

/** A profiler at work until the test ends, and what it tells of stores. */
export interface StoreWatch {
  readonly profiler: MemoryProfiler
  /**
   * What began and ended, as "raised redis". An outage that begins late in an interval has failed only some of its calls
   * then, and worsens with the next one: that is left out.
   */
  readonly told: readonly string[]
  /** Stores of which an alert lasts. */
  failing(): readonly string[]
  /** At the end of the interval that has begun. */
  look(): Promise<ProfilerMetrics>
  /** How many intervals end until it is so, and what the last of them came to. */
  looksUntil(isSo: (metrics: ProfilerMetrics) => boolean): Promise<{ looks: number; metrics: ProfilerMetrics }>
}

const MAX_LOOKS = 20

export function watchStores({ memory, cache, interval, clock }: Watched): StoreWatch {
  const profiler = new MemoryProfiler({
    profilingInterval: interval,
    enableLeakDetection: false,
    env: {},
    ...(clock && { clock }),
  })
  if (memory) profiler.setTieredStorage(memory)
  if (cache) profiler.setRedisCache(cache)
  const told: string[] = []
  profiler.on('memoryAlert', ({ kind, subject }, { event }) => {
    if (kind === 'storeFailing' && event !== 'worsened') told.push(`${event} ${subject}`)
  })
  profiler.startProfiling()
  onTestFinished(() => profiler.stopProfiling())
  const look = (): Promise<ProfilerMetrics> =>
    new Promise((resolve) => {
      profiler.once('metrics', (metrics) => resolve(metrics))
      clock?.advance(interval * 1_000)
    })
  return {
    profiler,
    told,
    look,
    failing: () =>
      profiler
        .getAlerts()
        .flatMap(({ kind, subject }) => (kind === 'storeFailing' ? [subject] : []))
        .sort(),
    looksUntil: async (isSo) => {
      for (let looks = 1; looks <= MAX_LOOKS; looks += 1) {
        const metrics = await look()
        if (isSo(metrics)) return { looks, metrics }
      }
      throw new Error(`Cannot see what was waited for: not so in ${MAX_LOOKS} intervals`)
    },
  }
}

/** What metrics say of the calls of one store. */
export function callsOf(name: string, { stores }: ProfilerMetrics): StoreMetrics {
  const found = stores.find(({ store }) => store === name)
  if (found === undefined) throw new Error(`Cannot tell of ${name}: it was never called`)
  return found
}

/** An add or a strong read each moment, until the test ends. */
export function lightTraffic(memory: TieredStorageManager, everyMs = 50): void {
  let calls = 0
  const timer = setInterval(() => void call(memory, calls++).catch(() => undefined), everyMs)
  onTestFinished(() => clearInterval(timer))
}

/** So many adds and strong reads, in turn. How many failed. */
export async function traffic(memory: TieredStorageManager, calls = 10): Promise<number> {
  let failed = 0
  for (let i = 0; i < calls; i += 1) {
    await call(memory, i).catch(() => {
      failed += 1
    })
  }
  return failed
}

/** In ten sessions, as adds to one wait for each other. */
function call(memory: TieredStorageManager, n: number): Promise<unknown> {
  const session = { ...CHAT, sessionId: `chat-${Math.floor(n / 2) % 10}` }
  return n % 2 === 0
    ? memory.addMemoryItem(message('said', session))
    : memory.getConversationHistory({ ...session, read: 'strong', limit: 5 })
}
