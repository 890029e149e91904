import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { describeReport } from './race/race-campaign.ts'
import { raceRound } from './race/race-round.ts'

/** `THERMOCLINE_SEED` repeats the choices of an earlier run. */
const seed = Number(process.env.THERMOCLINE_SEED ?? randomInt(1_000_000))

describe(`processes read and change the same sessions while things happen to Redis (seed ${seed})`, () => {
  it('and nothing acknowledged is missing, old, double or out of order', { timeout: 120_000 }, async () => {
    const report = await raceRound({ seed, forMs: 40_000 })
    expect(report.problems).toEqual([])
    // It was a race, and a hard one.
    expect(report.reads, describeReport(report)).toBeGreaterThan(2000)
    expect(report.changes, describeReport(report)).toBeGreaterThan(1000)
    expect(report.served.shared, describeReport(report)).toBeGreaterThan(500)
    expect(report.served.inProcess, describeReport(report)).toBeGreaterThan(50)
    expect(report.kills, describeReport(report)).toBeGreaterThan(3)
    expect(Object.keys(report.faults).length, describeReport(report)).toBeGreaterThan(2)
  })

  it('the same on a cluster', { timeout: 120_000 }, async () => {
    const report = await raceRound({ seed, forMs: 12_000, target: 'cluster' })
    expect(report.problems).toEqual([])
    expect(report.reads, describeReport(report)).toBeGreaterThan(500)
    expect(report.served.shared, describeReport(report)).toBeGreaterThan(100)
  })
})
