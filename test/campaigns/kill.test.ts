import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { killAtRandom, killAtSteps } from './kill/kill-rounds.ts'

/** `THERMOCLINE_SEED` repeats the choices of an earlier run. */
const seed = Number(process.env.THERMOCLINE_SEED ?? randomInt(1_000_000))

describe(`a process that writes and migrates is killed (seed ${seed})`, () => {
  it('at 100 random moments: nothing acknowledged lost, nothing double, nothing unreferenced', async () => {
    const report = await killAtRandom({ seed, kills: 100 })
    expect(report.problems).toEqual([])
    expect(report.kills).toBe(100)
    expect(report.acknowledged).toBeGreaterThan(1000)
  })

  it('at every named step of sealing, archiving and bringing back', async () => {
    const report = await killAtSteps({ seed, occurrences: [1, 4] })
    expect(report.problems).toEqual([])
    expect(report.kills).toBe(3 * 7 * 2)
  })
})
