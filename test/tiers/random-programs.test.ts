import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { runPrograms, STAGES } from '../support/program/run-programs.ts'

/** `THERMOCLINE_SEED` repeats the programs of an earlier run. */
const seed = Number(process.env.THERMOCLINE_SEED ?? randomInt(1_000_000))

const OPERATIONS: Readonly<Record<string, number>> = {
  'in-process': 9000,
  sqlite: 4000,
  'in-process-faults': 5000,
  shared: 3000,
  'sqlite-faults': 3000,
  'shared-faults': 2000,
}

describe(`random programs of several managers (seed ${seed})`, () => {
  it.each(Object.entries(STAGES))(
    'are answered as a plain list would answer: %s',
    async (name, stage) => {
      const operations = OPERATIONS[name]!
      const report = await runPrograms({ stage, seed, operations })
      expect(report.failure).toBeUndefined()
      expect(report.operations).toBeGreaterThanOrEqual(operations)
    },
    180_000,
  )
})
