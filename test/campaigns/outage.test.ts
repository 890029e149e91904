import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { outageRound } from './outage/outage-round.ts'

/** `THERMOCLINE_SEED` repeats the choices of an earlier run. */
const seed = Number(process.env.THERMOCLINE_SEED ?? randomInt(1_000_000))

describe(`processes write while Firestore breaks down (seed ${seed})`, () => {
  it('its answers are cut off: acknowledged is there once, all else at most once', { timeout: 240_000 }, async () => {
    const report = await outageRound({ seed, faults: Array.from({ length: 200 }, () => 'cut'), calmMs: [20, 150] })
    expect(report.problems).toEqual([])
    expect(report.acknowledged).toBeGreaterThan(500)
    // What was cut off was really unclear.
    expect(report.failedAndThere).toBeGreaterThan(0)
  })

  it('it is frozen, or killed and started again: errors in time, and no restart of ours', {
    timeout: 240_000,
  }, async () => {
    const report = await outageRound({
      seed,
      faults: ['pause', 'restart', 'pause', 'restart', 'pause'],
      calmMs: [500, 1500],
    })
    expect(report.problems).toEqual([])
    expect(report.acknowledged).toBeGreaterThan(20)
    expect(report.failed).toBeGreaterThan(0)
  })
})
