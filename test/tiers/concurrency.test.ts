import fc from 'fast-check'
import { describe, it } from 'vitest'
import { emptyPlace, PLACES } from '../support/memories.ts'
import { ProgramRun, programs } from '../support/random-program.ts'

/** Bounds so low that a few items are sealed, archived, split and merged. */
const SMALL = {
  hotTierMaxAgeDays: 1,
  warmTierMaxAgeDays: 2,
  minAccessCountHot: 2,
  tailMaxItems: 6,
  tailMaxBytes: 4096,
  archiveMaxBytes: 2048,
} as const

describe.each(PLACES)('a manager on %s', (kind) => {
  it('answers as a plain list would, whatever a program does', async () => {
    await fc.assert(
      fc.asyncProperty(programs(100), async (steps) => {
        const place = emptyPlace(kind)
        await new ProgramRun(place, () => place.open(SMALL)).run(steps)
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})
