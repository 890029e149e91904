import { describe, expect, it } from 'vitest'
import { describeLine, leakCampaign } from './leaks/leak-campaign.ts'
import { falseAlarms } from './leaks/long-noise.ts'
import { MEMORY_NOISES } from './leaks/memory-noise.ts'

/** `THERMOCLINE_SEED` makes other choices. */
const seed = Number(process.env.THERMOCLINE_SEED ?? 11)

describe(`40 programs leak and 40 don't (seed ${seed})`, () => {
  it('each leak is found within a minute, and no other is reported', { timeout: 300_000 }, async () => {
    const lines = await leakCampaign({
      seed,
      findWithinMs: 60_000,
      steadyForMs: 7500,
      warmUpMs: 2000,
      windowMs: 5000,
      thresholdMb: 2.5,
      collect: 'always',
      atOnce: 12,
    })
    expect(lines.flatMap(({ problem }) => problem ?? [])).toEqual([])
    expect(lines.filter(({ result }) => result.foundAfterMs !== undefined).map(describeLine)).toHaveLength(40)
    expect(lines).toHaveLength(80)
  })
})

describe('in five simulated days nothing is reported of', () => {
  it.each(MEMORY_NOISES.filter(({ isWithinLimits }) => isWithinLimits))('$name', (kind) => {
    expect(falseAlarms({ ...kind, days: 5, seed })).toBe(0)
  })
})
