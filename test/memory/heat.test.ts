import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addHeat, COLD_HEAT, HEAT_TIMES, type Heat, nthNewestRead } from '../../src/memory/heat.ts'

/** Heat after reads at these times. */
function heatOf(times: readonly number[]): Heat {
  return { reads: times.length, recent: [...times].sort((a, b) => b - a).slice(0, HEAT_TIMES) }
}

const reads = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 40 })

describe('heat', () => {
  it('of two counters together is that of all their reads', () => {
    fc.assert(
      fc.property(reads, reads, (before, after) => {
        expect(addHeat(heatOf(before), heatOf(after))).toEqual(heatOf([...before, ...after]))
      }),
    )
  })

  it('is cold without reads, and stays as it is', () => {
    expect(COLD_HEAT).toEqual({ reads: 0, recent: [] })
    expect(Object.isFrozen(COLD_HEAT) && Object.isFrozen(COLD_HEAT.recent)).toBe(true)
    const heat = heatOf([3, 1])
    expect(addHeat(heat, COLD_HEAT)).toEqual(heat)
    expect(addHeat(COLD_HEAT, heat)).toEqual(heat)
  })

  it('knows when there were so many reads', () => {
    fc.assert(
      fc.property(reads, fc.integer({ min: 1, max: HEAT_TIMES }), (times, count) => {
        expect(nthNewestRead(heatOf(times), count)).toBe([...times].sort((a, b) => b - a)[count - 1])
      }),
    )
    expect(nthNewestRead(COLD_HEAT, 0)).toBe(Number.POSITIVE_INFINITY)
  })
})
