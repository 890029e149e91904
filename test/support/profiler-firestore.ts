import { onTestFinished, vi } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { startTcpProxy } from '../../emulators/tcp-proxy.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../src/thermocline.ts'
import { freshPrefix, TEST_PROJECT, warmFirestore } from './firestore.ts'

/** Shorter than an interval, as the default of 5 s is to a minute. */
export const FIRESTORE_TIMEOUT_MS = 1_000

/** A Firestore for one test, which can go away. */
export interface FrailFirestore {
  /** A manager on data of its own, closed with the test. */
  open(options?: TieredStorageManagerOptions): Promise<TieredStorageManager>
  freeze(): Promise<void>
  thaw(): Promise<void>
  kill(): Promise<void>
  /** Empty, and as quick as before. */
  restart(): Promise<void>
  cutOff(): Promise<void>
  connect(): Promise<void>
}

export async function frailFirestore(emulator: FirestoreEmulator): Promise<FrailFirestore> {
  const proxy = await startTcpProxy(emulator)
  onTestFinished(async () => {
    emulator.resume()
    await proxy.stop()
  })
  return {
    open: async (options = {}) => {
      vi.stubEnv('FIRESTORE_EMULATOR_HOST', `${proxy.host}:${proxy.port}`)
      const memory = new TieredStorageManager({
        tierMigrationInterval: 0,
        projectId: TEST_PROJECT,
        firestore: { collectionPrefix: freshPrefix() },
        ...options,
        durableCalls: { timeoutMs: FIRESTORE_TIMEOUT_MS, breakerHalfOpenMs: 100, ...options.durableCalls },
      })
      onTestFinished(() => memory.close())
      await memory.initialize()
      vi.unstubAllEnvs()
      return memory
    },
    freeze: () => emulator.pause(),
    thaw: async () => emulator.resume(),
    kill: () => emulator.kill(),
    restart: async () => {
      // Its first calls take seconds: they are ours, not those of the manager.
      proxy.refuse()
      await emulator.restart()
      await warmFirestore()
      await proxy.accept()
    },
    cutOff: async () => {
      proxy.refuse()
      proxy.cut()
    },
    connect: () => proxy.accept(),
  }
}
