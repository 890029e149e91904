import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { killAtRandom, killAtSteps } from './kill/kill-rounds.ts'

/** `THERMOCLINE_SEED` repeats the choices of an earlier run. */
const seed = Number(process.env.THERMOCLINE_SEED ?? randomInt(1_000_000))
const on = 'firestore+redis'

describe(`a process that writes to Firestore and Redis and migrates is killed (seed ${seed})`, () => {
  it('at 60 random moments: nothing acknowledged lost, nothing double, nothing unreferenced', {
    timeout: 240_000,
  }, async () => {
    const report = await killAtRandom({ seed, kills: 60, on })
    expect(report.problems).toEqual([])
    expect(report.kills).toBe(60)
    expect(report.acknowledged).toBeGreaterThan(500)
  })

  it('at every named step of sealing, archiving and bringing back', { timeout: 240_000 }, async () => {
    const report = await killAtSteps({ seed, occurrences: [2], on })
    expect(report.problems).toEqual([])
    expect(report.kills).toBe(3 * 7)
  })
})
