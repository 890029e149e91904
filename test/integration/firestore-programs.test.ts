import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { startFirestoreForTests } from '../support/firestore.ts'
import { redisHotTiers } from '../support/program/redis-hot-tier.ts'
import { FIRESTORE_STAGES, runPrograms } from '../support/program/run-programs.ts'

/** `THERMOCLINE_SEED` repeats the programs of an earlier run; `npm run campaign -- model --stage firestore` runs more. */
const seed = Number(process.env.THERMOCLINE_SEED ?? randomInt(1_000_000))

/** A sweep asks 64 shards, which is what takes the time where nothing fails: ten programs of each kind are enough here. */
const OPERATIONS: Readonly<Record<string, number>> = {
  firestore: 1,
  'firestore-redis': 1,
  'firestore-faults': 800,
  'firestore-redis-faults': 400,
}

let emulator: FirestoreEmulator
let redis: RedisServer
beforeAll(async () => {
  ;[emulator, redis] = await Promise.all([startFirestoreForTests(), startRedis()])
})
afterAll(async () => {
  await Promise.all([emulator?.stop(), redis?.stop()])
})

describe(`random programs of several managers on Firestore (seed ${seed})`, () => {
  it.each(Object.entries(FIRESTORE_STAGES))(
    'are answered as a plain list would answer: %s',
    async (name, stage) => {
      const operations = OPERATIONS[name]!
      const hotTier = stage.redis === true ? { hotTier: redisHotTiers(redis) } : {}
      const report = await runPrograms({ stage, seed, operations, ...hotTier })
      expect(report.failure).toBeUndefined()
      expect(report.operations).toBeGreaterThanOrEqual(operations)
    },
    180_000,
  )
})
