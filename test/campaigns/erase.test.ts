import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { eraseRounds } from './erase/erase-rounds.ts'

/** `THERMOCLINE_SEED` repeats the choices of an earlier run. */
const seed = Number(process.env.THERMOCLINE_SEED ?? randomInt(1_000_000))

describe(`users are erased while processes write, sweep, read and are killed (seed ${seed})`, () => {
  it('and no byte of theirs is left, and nothing of others is lost', async () => {
    const report = await eraseRounds({ seed, rounds: 2 })
    expect(report.problems).toEqual([])
    expect(report.kills).toBeGreaterThan(10)
    expect(report.acknowledged).toBeGreaterThan(100)
  })
})
