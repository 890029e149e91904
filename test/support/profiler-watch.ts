import { onTestFinished } from 'vitest'
import {
  type AlertNotice,
  MemoryProfiler,
  type ProfiledStorage,
  type ProfilerMetrics,
  type StoreMetrics,
} from '../../src/telemetry/index.ts'
import type { RedisSource } from '../../src/telemetry/tiers/redis-watch.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { CHAT, message } from './items.ts'

export interface Watched {
  readonly memory?: ProfiledStorage
  readonly cache?: RedisSource
  /** Seconds between two looks. @default none: each look is asked for, a minute after the one before by its clock */
  readonly intervalS?: number
}

/** A profiler at work until the test ends, and what it tells of stores. */
export interface StoreWatch {
  readonly profiler: MemoryProfiler
  readonly notices: readonly AlertNotice[]
  /** What was told, as `raised redis`. */
  told(): string[]
  /** Stores of which an alert lasts. */
  failing(): string[]
  /** Waits for the next interval's end. */
  look(): Promise<ProfilerMetrics>
  /** How many more intervals end until it is so. */
  looksUntil(isSo: (metrics: ProfilerMetrics) => boolean): Promise<number>
}

const MINUTE_S = 60
const MAX_LOOKS = 20

export function watchStores({ memory, cache, intervalS }: Watched): StoreWatch {
  const clock = intervalS === undefined ? new ManualClock() : undefined
  const profiler = new MemoryProfiler({
    profilingInterval: intervalS ?? MINUTE_S,
    enableLeakDetection: false,
    env: {},
    ...(clock && { clock }),
  })
  if (memory) profiler.setTieredStorage(memory)
  if (cache) profiler.setRedisCache(cache)
  const notices: AlertNotice[] = []
  profiler.on('memoryAlert', ({ kind }, notice) => {
    if (kind === 'storeFailing') notices.push(notice)
  })
  profiler.startProfiling()
  onTestFinished(() => profiler.stopProfiling())
  const look = (): Promise<ProfilerMetrics> =>
    new Promise((resolve) => {
      profiler.once('metrics', (metrics) => resolve(metrics))
      clock?.advance(MINUTE_S * 1_000)
    })
  return {
    profiler,
    notices,
    look,
    told: () => notices.map(({ event, alert }) => `${event} ${alert.subject}`),
    failing: () =>
      profiler
        .getAlerts()
        .filter(({ kind }) => kind === 'storeFailing')
        .map(({ subject }) => subject)
        .sort(),
    looksUntil: async (isSo) => {
      for (let looks = 1; looks <= MAX_LOOKS; looks += 1) if (isSo(await look())) return looks
      throw new Error(`Cannot see what was waited for: not so in ${MAX_LOOKS} intervals`)
    },
  }
}

/** What the metrics say of one store. */
export function storeIn({ stores }: ProfilerMetrics, name: string): StoreMetrics {
  const found = stores.find(({ store }) => store === name)
  if (found === undefined) throw new Error(`Cannot tell of ${name}: it was not called yet`)
  return found
}

/** An add and a read each moment until the test ends; whoever fails is not waited for. */
export function lightTraffic(memory: TieredStorageManager, everyMs = 50): void {
  let calls = 0
  const timer = setInterval(() => void call(memory, calls++).catch(() => undefined), everyMs)
  onTestFinished(() => clearInterval(timer))
}

/** As many calls as that, one after the other; how many of them failed. */
export async function traffic(memory: TieredStorageManager, calls = 10): Promise<number> {
  let failed = 0
  for (let i = 0; i < calls; i += 1) await call(memory, i).catch(() => (failed += 1))
  return failed
}

/** Sessions of their own keep them from waiting for each other. */
function call(memory: TieredStorageManager, n: number): Promise<unknown> {
  const session = { ...CHAT, sessionId: `chat-${n % 10}` }
  return n % 2 === 0
    ? memory.addMemoryItem(message('said', session))
    : memory.getConversationHistory({ ...session, read: 'strong', limit: 5 })
}
