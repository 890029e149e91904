import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { startFirestoreForTests } from '../support/firestore.ts'
import { redisHotTiers } from '../support/program/redis-hot-tier.ts'
import { FIRESTORE_STAGES, runPrograms } from '../support/program/run-programs.ts'

/** `THERMOCLINE_SEED` repeats the programs of an earlier run. */
const seed = Number(process.env.THERMOCLINE_SEED ?? randomInt(1_000_000))

let emulator: FirestoreEmulator
let redis: RedisServer
beforeAll(async () => {
  ;[emulator, redis] = await Promise.all([startFirestoreForTests(), startRedis()])
})
afterAll(async () => {
  await Promise.all([emulator?.stop(), redis?.stop()])
})

describe(`random programs of several managers on Firestore (seed ${seed})`, () => {
  it.each([
    { name: 'firestore', hot: 'in-process', operations: 600 },
    { name: 'firestore', hot: 'redis', operations: 600 },
    { name: 'firestore-faults', hot: 'in-process', operations: 600 },
    { name: 'firestore-faults', hot: 'redis', operations: 600 },
  ] as const)(
    'are answered as a plain list would answer: $name, $hot',
    async ({ name, hot, operations }) => {
      const startedAt = performance.now()
      const report = await runPrograms({
        stage: FIRESTORE_STAGES[name]!,
        seed,
        operations,
        ...(hot === 'redis' && { hotTier: redisHotTiers(redis) }),
      })
      console.log(name, hot, report.operations, performance.now() - startedAt)
      expect(report.failure).toBeUndefined()
      expect(report.operations).toBeGreaterThanOrEqual(operations)
    },
    180_000,
  )
})
