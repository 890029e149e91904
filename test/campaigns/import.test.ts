import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { importRounds } from './import/import-rounds.ts'

/** `THERMOCLINE_SEED` repeats the choices of an earlier run. */
const seed = Number(process.env.THERMOCLINE_SEED ?? randomInt(1_000_000))

describe(`imports that are killed and run again while others change what is there (seed ${seed})`, () => {
  it('end as one that nobody disturbed', async () => {
    const report = await importRounds({ seed, rounds: 6, messages: [200, 600] })
    expect(report.problems).toEqual([])
    expect(report.rounds).toBe(6)
    expect(report.kills).toBeGreaterThan(5)
    expect(report.changes).toBeGreaterThan(5)
  })
})
