import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { startTcpProxy, type TcpProxy } from '../../emulators/tcp-proxy.ts'
import type { ProfilerMetrics } from '../../src/telemetry/index.ts'
import { TieredStorageManager } from '../../src/thermocline.ts'
import { freshPrefix, startFirestoreForTests, TEST_PROJECT, warmFirestore } from '../support/firestore.ts'
import { lightTraffic, storeIn, traffic, watchStores } from '../support/profiler-watch.ts'

/** Shorter than an interval, as the default of 5 s is to a minute. */
const TIMEOUT_MS = 500
const INTERVAL_S = 1

let emulator: FirestoreEmulator
let proxy: TcpProxy

beforeAll(async () => {
  emulator = await startFirestoreForTests()
})
beforeEach(async () => {
  proxy = await startTcpProxy(emulator)
  vi.stubEnv('FIRESTORE_EMULATOR_HOST', `${proxy.host}:${proxy.port}`)
})
afterEach(async () => {
  emulator.resume()
  vi.unstubAllEnvs()
  await proxy.stop()
})
afterAll(() => emulator?.stop())

async function openMemory(): Promise<TieredStorageManager> {
  const memory = new TieredStorageManager({
    tierMigrationInterval: 0,
    projectId: TEST_PROJECT,
    firestore: { collectionPrefix: freshPrefix() },
    durableCalls: { timeoutMs: TIMEOUT_MS, breakerHalfOpenMs: 100 },
  })
  onTestFinished(() => memory.close())
  await memory.initialize()
  return memory
}

const isFailing = (metrics: ProfilerMetrics): boolean => {
  const { isFailing, recentCalls, recentFailures } = storeIn(metrics, 'firestore')
  return isFailing && recentFailures === recentCalls
}
const isWell = (metrics: ProfilerMetrics): boolean => {
  const { isFailing, recentCalls, recentFailures } = storeIn(metrics, 'firestore')
  return !isFailing && recentCalls > 0 && recentFailures === 0
}

/** Each begins an outage, and says how it ends. */
const OUTAGES: readonly [string, codes: readonly string[], () => Promise<() => Promise<unknown> | void>][] = [
  [
    'frozen',
    ['STORE_TIMEOUT', 'STORE_UNAVAILABLE'],
    async () => {
      await emulator.pause()
      return () => emulator.resume()
    },
  ],
  [
    'killed',
    ['STORE_UNAVAILABLE'],
    async () => {
      await emulator.kill()
      return async () => {
        // Its first calls take seconds: nobody but us is let in before.
        proxy.refuse()
        await emulator.restart()
        vi.stubEnv('FIRESTORE_EMULATOR_HOST', `${emulator.host}:${emulator.port}`)
        await warmFirestore()
        await proxy.accept()
      }
    },
  ],
  [
    'cut off',
    ['STORE_UNAVAILABLE'],
    async () => {
      proxy.refuse()
      proxy.cut()
      return () => proxy.accept()
    },
  ],
]

describe('a Firestore that is watched, under light traffic', () => {
  it.each(OUTAGES)('is told of when it is %s and when it is back, once each', async (_, codes, begin) => {
    const memory = await openMemory()
    const { profiler, told, failing, look, looksUntil } = watchStores({ memory, intervalS: INTERVAL_S })
    lightTraffic(memory)
    await looksUntil(isWell)
    expect(failing()).toEqual([])
    const end = await begin()
    console.log('failing', await looksUntil((m) => { const s=storeIn(m,'firestore'); console.log(s.isFailing, s.recentCalls, s.recentFailures, s.lastFailure, failing()); return isFailing(m)}))
    await look()
    await look()
    await end()
    console.log('well', await looksUntil((m) => { const s=storeIn(m,'firestore'); console.log(s.isFailing, s.recentCalls, s.recentFailures, s.lastFailure, failing()); return isWell(m)}))
    console.log(told())
  })
})
