import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { describeLine, leakCampaign } from './leaks/leak-campaign.ts'

/** `THERMOCLINE_SEED` repeats the choices of an earlier run. */
const seed = Number(process.env.THERMOCLINE_SEED ?? randomInt(1_000_000))

describe(`20 programs leak and 20 don't (seed ${seed})`, () => {
  it('each leak is found within 40 s, and no other is reported', { timeout: 300_000 }, async () => {
    const lines = await leakCampaign({
      set: 'first',
      seed,
      findWithinMs: 40_000,
      steadyForMs: 9000,
      warmUpMs: 2000,
      windowMs: 5000,
      thresholdMb: 2.5,
      collect: 'always',
      atOnce: 6,
    })
    expect(lines.flatMap(({ problem }) => problem ?? [])).toEqual([])
    expect(lines.filter(({ result }) => result.foundAfterMs !== undefined).map(describeLine)).toHaveLength(20)
    expect(lines).toHaveLength(40)
  })
})
