import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { until } from '../../emulators/until.ts'
import type { ProfilerMetrics, StoreMetrics } from '../../src/telemetry/index.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { startFirestoreForTests } from '../support/firestore.ts'
import { CHAT, numbered } from '../support/items.ts'
import { FIRESTORE_TIMEOUT_MS, type FrailFirestore, frailFirestore } from '../support/profiler-firestore.ts'
import { callsOf, lightTraffic, traffic, watchStores } from '../support/profiler-watch.ts'

/** As long as a manager may take to be served again. */
const INTERVAL_S = 2
/** For tests in which nothing hangs: an emulator on a busy machine may take its time. */
const PATIENT = { durableCalls: { timeoutMs: 5_000 } } as const

let emulator: FirestoreEmulator

beforeAll(async () => {
  emulator = await startFirestoreForTests()
})

afterAll(() => emulator?.stop())

const firestoreIn = (metrics: ProfilerMetrics): StoreMetrics => callsOf('firestore', metrics)

function slowest({ operations }: StoreMetrics): number {
  return Math.max(...operations.map(({ latency }) => latency.maxMs))
}

const readSome = (memory: TieredStorageManager): Promise<unknown> =>
  memory.getConversationHistory({ ...CHAT, read: 'strong' })

function untilServed(memory: TieredStorageManager): Promise<void> {
  return until('the manager is served', async () => (await readSome(memory)) !== undefined)
}

type Way = Exclude<keyof FrailFirestore, 'open'>

describe('a Firestore that is watched under light traffic', () => {
  it.each<[string, Way, Way, code: string, slowestMs: number]>([
    ['frozen', 'freeze', 'thaw', 'STORE_TIMEOUT', FIRESTORE_TIMEOUT_MS],
    ['killed', 'kill', 'restart', 'STORE_UNAVAILABLE', 0],
    ['cut off', 'cutOff', 'connect', 'STORE_UNAVAILABLE', 0],
  ])('is told of when it is %s and when it is back, once each', async (_, begin, end, code, slowestMs) => {
    const firestore = await frailFirestore(emulator)
    const memory = await firestore.open()
    const { told, failing, look, looksUntil } = watchStores({ memory, interval: INTERVAL_S })
    lightTraffic(memory)
    await looksUntil((metrics) => firestoreIn(metrics).recentCalls > 0)
    expect(failing()).toEqual([])
    await firestore[begin]()
    const { looks, metrics } = await looksUntil(() => failing().length > 0)
    expect(looks).toBeLessThanOrEqual(2)
    expect(failing()).toEqual(['firestore'])
    const away = firestoreIn(metrics)
    expect(away).toMatchObject({ isFailing: true, errorsByCode: { [code]: expect.any(Number) } })
    expect(away.recentFailures).toBeGreaterThan(0)
    expect(slowest(away)).toBeGreaterThanOrEqual(slowestMs)
    const still = firestoreIn(await look())
    expect(still.recentCalls).toBeGreaterThan(0)
    expect(still.recentFailures).toBe(still.recentCalls)
    await firestore[end]()
    const back = await looksUntil(() => failing().length === 0)
    // One was under way.
    expect(back.looks).toBeLessThanOrEqual(3)
    expect(firestoreIn(back.metrics)).toMatchObject({ isFailing: false })
    await look()
    expect(failing()).toEqual([])
    expect(told).toEqual(['raised firestore', 'recovered firestore'])
  })
})

describe('a Firestore that is watched', () => {
  it('is told of within two intervals also where calls may take much longer than that', async () => {
    const firestore = await frailFirestore(emulator)
    const memory = await firestore.open({ durableCalls: { timeoutMs: 60_000 } })
    const { failing, looksUntil } = watchStores({ memory, interval: 1 })
    lightTraffic(memory)
    await looksUntil((metrics) => firestoreIn(metrics).recentCalls > 0)
    expect(failing()).toEqual([])
    await firestore.freeze()
    const { looks, metrics } = await looksUntil(() => failing().length > 0)
    expect(looks).toBeLessThanOrEqual(2)
    expect(firestoreIn(metrics).stalledMs).toBeGreaterThanOrEqual(1_000)
    await firestore.thaw()
    const back = await looksUntil(() => failing().length === 0)
    expect(back.looks).toBeLessThanOrEqual(3)
  })

  it('and comes and goes ten times is told of three times', async () => {
    const firestore = await frailFirestore(emulator)
    const memory = await firestore.open(PATIENT)
    const { told, failing, look } = watchStores({ memory, interval: 10, clock: new ManualClock() })
    for (let outages = 0; outages < 10; outages += 1) {
      await firestore.cutOff()
      expect(await traffic(memory)).toBe(10)
      await look()
      expect(failing()).toEqual(['firestore'])
      await firestore.connect()
      await untilServed(memory)
      // What failed until then lies in this one.
      await look()
      expect(await traffic(memory)).toBe(0)
      await look()
      expect(failing()).toEqual([])
    }
    expect(told).toEqual(numbered(3).flatMap(() => ['raised firestore', 'recovered firestore']))
  })

  it('is told of where most calls are refused, as so many wait for it', async () => {
    const firestore = await frailFirestore(emulator)
    const memory = await firestore.open({ durableCalls: { maxInFlight: 10, maxWaiting: 20 } })
    const { told, failing, look } = watchStores({ memory, interval: 60, clock: new ManualClock() })
    await untilServed(memory)
    await look()
    await firestore.freeze()
    await Promise.allSettled(numbered(1_000).map(() => readSome(memory)))
    const { errorsByCode, recentSilent, recentFailures } = firestoreIn(await look())
    expect(errorsByCode.OVERLOADED).toBe(recentSilent)
    expect(recentSilent).toBeGreaterThan(10 * recentFailures)
    expect(failing()).toEqual(['firestore'])
    await firestore.thaw()
    await untilServed(memory)
    await look()
    await traffic(memory)
    await look()
    expect(told).toEqual(['raised firestore', 'recovered firestore'])
  })

  // The profiler makes no calls of its own, which Firestore would bill, and nobody has missed it yet.
  it('and has no traffic is told of with the first calls that fail, and is back with the first that succeed', async () => {
    const firestore = await frailFirestore(emulator)
    const memory = await firestore.open(PATIENT)
    const { told, failing, look } = watchStores({ memory, interval: 60, clock: new ManualClock() })
    await untilServed(memory)
    await look()
    await firestore.cutOff()
    for (let looks = 0; looks < 3; looks += 1) {
      expect(firestoreIn(await look())).toMatchObject({ isFailing: false, recentCalls: 0 })
    }
    expect(failing()).toEqual([])
    await expect(readSome(memory)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(firestoreIn(await look())).toMatchObject({ isFailing: true, recentFailures: 1 })
    expect(failing()).toEqual(['firestore'])
    await firestore.connect()
    await look()
    expect(failing()).toEqual(['firestore'])
    await untilServed(memory)
    await look()
    await readSome(memory)
    expect(firestoreIn(await look())).toMatchObject({ isFailing: false, recentCalls: 1, recentFailures: 0 })
    expect(told).toEqual(['raised firestore', 'recovered firestore'])
  })
})
