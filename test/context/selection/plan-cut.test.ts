import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CutPlan, planCut } from '../../../src/context/selection/plan-cut.ts'

function plan(count: number, more: Partial<CutPlan> = {}): CutPlan {
  const indexes = Array.from({ length: count }, (_, i) => i)
  return {
    costs: indexes.map(() => 10),
    units: indexes.map((i) => [i]),
    anchor: 0,
    maxItems: 7,
    maxTokens: Number.POSITIVE_INFINITY,
    move: { stepItems: 5 },
    ...more,
  }
}

describe('planCut()', () => {
  it('cuts nothing that fits', () => {
    expect(planCut(plan(7))).toBe(0)
    expect(planCut(plan(0))).toBe(0)
  })

  it('moves by steps while a history grows', () => {
    const cuts = Array.from({ length: 16 }, (_, i) => planCut(plan(7 + i)))
    expect(cuts).toEqual([0, 5, 5, 5, 5, 5, 10, 10, 10, 10, 10, 15, 15, 15, 15, 15])
  })

  it('counts steps from where the last cut was, by items or by tokens', () => {
    expect(planCut(plan(20, { anchor: 12 }))).toBe(17)
    expect(planCut(plan(20, { anchor: 13 }))).toBe(13)
    const byTokens = { maxItems: Number.POSITIVE_INFINITY, maxTokens: 100, move: { stepTokens: 40 } }
    expect([10, 11, 14, 15, 18, 19].map((count) => planCut(plan(count, byTokens)))).toEqual([0, 4, 4, 8, 8, 12])
  })

  it('leaves room at once where a cut is written down', () => {
    const move = { leaveItems: 3, leaveTokens: 1000 }
    expect([7, 8, 20, 33].map((count) => planCut(plan(count, { move })))).toEqual([0, 5, 17, 30])
    expect(planCut(plan(20, { anchor: 13, move }))).toBe(13)
    expect(planCut(plan(20, { anchor: 12, move: { leaveItems: 7, leaveTokens: 25 } }))).toBe(18)
  })

  it('never cuts through a unit, or behind the beginning of the newest', () => {
    const units = [[0], [1], [2], [3, 6], [4], [5], [7], [8], [9]]
    expect(planCut(plan(10, { units, maxItems: 6 }))).toBe(7)
    const newest = [[0], [1, 2, 3, 4, 5, 6, 7, 8, 9]]
    expect(planCut(plan(10, { units: newest, maxItems: 3 }))).toBe(1)
  })

  it('leaves what fits, for any history', () => {
    const histories = fc.record({
      costs: fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 }),
      maxItems: fc.integer({ min: 1, max: 20 }),
      maxTokens: fc.integer({ min: 1, max: 400 }),
      stepItems: fc.integer({ min: 1, max: 8 }),
    })
    fc.assert(
      fc.property(histories, ({ costs, maxItems, maxTokens, stepItems }) => {
        const units = costs.map((_, i) => [i])
        const cutOf = (count: number): number =>
          planCut({
            costs: costs.slice(0, count),
            units: units.slice(0, count),
            anchor: 0,
            maxItems,
            maxTokens,
            move: { stepItems },
          })
        let before = 0
        for (let count = 1; count <= costs.length; count += 1) {
          const cut = cutOf(count)
          const after = costs.slice(cut, count)
          const isNewestAlone = cut === count - 1
          expect(after.length <= maxItems || isNewestAlone).toBe(true)
          expect(after.reduce((a, b) => a + b, 0) <= maxTokens || isNewestAlone).toBe(true)
          expect(cut % stepItems === 0 || isNewestAlone).toBe(true)
          expect(cut).toBeGreaterThanOrEqual(Math.min(before, count - 1) - stepItems)
          before = cut
        }
      }),
    )
  })
})
