import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { redisHotTiers } from '../support/program/redis-hot-tier.ts'
import { runPrograms, STAGES } from '../support/program/run-programs.ts'

/** `THERMOCLINE_SEED` repeats the programs of an earlier run. */
const seed = Number(process.env.THERMOCLINE_SEED ?? randomInt(1_000_000))
const OPERATIONS = 1500

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis?.stop())

describe(`random programs of several managers over one Redis (seed ${seed})`, () => {
  it.each(['sqlite', 'sqlite-faults'])(
    'are answered as a plain list would answer: %s',
    async (name) => {
      const hotTier = redisHotTiers(redis)
      const report = await runPrograms({ stage: STAGES[name]!, seed, operations: OPERATIONS, hotTier })
      expect(report.failure).toBeUndefined()
      expect(report.operations).toBeGreaterThanOrEqual(OPERATIONS)
    },
    180_000,
  )
})
