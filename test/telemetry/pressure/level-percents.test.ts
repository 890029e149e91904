import fc from 'fast-check'
import { expect, it } from 'vitest'
import { resolveLevelPercents } from '../../../src/telemetry/pressure/level-percents.ts'

it('levels that are left out give way to those that are given', () => {
  expect(resolveLevelPercents({})).toEqual({ moderatePercent: 75, highPercent: 78, criticalPercent: 87.5 })
  expect(resolveLevelPercents({ moderatePercent: 70 })).toMatchObject({ highPercent: 78, criticalPercent: 87.5 })
  expect(resolveLevelPercents({ moderatePercent: 80 })).toMatchObject({ highPercent: 83.75, criticalPercent: 87.5 })
  expect(resolveLevelPercents({ highPercent: 90 })).toMatchObject({ moderatePercent: 75, criticalPercent: 95 })
  const low = resolveLevelPercents({ criticalPercent: 35 })
  expect([low.moderatePercent, low.highPercent].map(Math.round)).toEqual([30, 31])
})

it('levels rise, whatever is given in order', () => {
  const percent = fc.option(fc.double({ min: 1, max: 99, noNaN: true }), { nil: undefined })
  fc.assert(
    fc.property(percent, percent, percent, (...given) => {
      const sorted = given.filter((one) => one !== undefined).toSorted((a, b) => a - b)
      fc.pre(new Set(sorted).size === sorted.length)
      const [moderate, high, critical] = given.map((one) => one && sorted.shift())
      const levels = resolveLevelPercents({ moderatePercent: moderate, highPercent: high, criticalPercent: critical })
      expect(levels.moderatePercent).toBeLessThan(levels.highPercent)
      expect(levels.highPercent).toBeLessThan(levels.criticalPercent)
      expect(levels.criticalPercent).toBeLessThanOrEqual(100)
      expect(levels.moderatePercent).toBeGreaterThan(0)
    }),
  )
})
