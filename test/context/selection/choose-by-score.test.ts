import { describe, expect, it } from 'vitest'
import { chooseByScore } from '../../../src/context/selection/choose-by-score.ts'
import { Chosen, type RatedUnit } from '../../../src/context/selection/choose-units.ts'

function unit(places: number[], tokens: number, more: Partial<RatedUnit> = {}): RatedUnit {
  return {
    places,
    tokens,
    comesFirst: false,
    hasSystemMessage: false,
    importance: undefined,
    newest: places.at(-1)!,
    ...more,
  }
}

/** Newest places of what is chosen, in the order of choosing. */
function choose(
  units: readonly RatedUnit[],
  scores: readonly number[],
  budget: number,
  kept: RatedUnit[] = [],
): number[] {
  const chosen = new Chosen(budget)
  for (const before of kept) chosen.keep(before)
  chooseByScore(units, Float64Array.from(scores), chosen)
  return [...chosen.units].map(({ newest }) => newest)
}

describe('choosing by score', () => {
  it('takes the best first, and passes over what does not fit', () => {
    const units = [unit([0], 10), unit([1], 50), unit([2], 10), unit([3], 10)]
    expect(choose(units, [0.2, 1, 0.5, 0.1], 25)).toEqual([2, 0])
  })

  it('passes over what costs nothing, which would have no end', () => {
    const units = [unit([0], 0), unit([1], 10), unit([2], 0)]
    expect(choose(units, [1, 0.1, 0.5], 20)).toEqual([1])
  })

  it('takes the newest of equals first', () => {
    const units = [unit([0], 10), unit([1], 10), unit([2], 10)]
    expect(choose(units, [0.5, 0.5, 0.5], 20)).toEqual([2, 1])
  })

  it('takes the shorter of two that are worth about the same', () => {
    const units = [unit([0], 10), unit([1], 40)]
    expect(choose(units, [0.9, 1], 40)).toEqual([0])
    expect(choose(units, [0.8, 1], 40)).toEqual([1])
  })

  it('counts a unit by its best item', () => {
    const units = [unit([0, 2], 10), unit([1], 10)]
    expect(choose(units, [0.9, 0.5, 0], 10)).toEqual([2])
  })

  it('lifts what is important by half of its importance', () => {
    const units = [unit([0], 10, { importance: 1 }), unit([1], 10)]
    expect(choose(units, [0.1, 0.55], 10)).toEqual([0])
    expect(choose(units, [0.1, 0.65], 10)).toEqual([1])
  })

  it('goes by importance, then age, where no score speaks', () => {
    const units = [unit([0], 10, { importance: 0.2 }), unit([1], 10), unit([2], 10)]
    expect(choose(units, [0, 0, 0], 20)).toEqual([0, 2])
  })

  it('leaves alone what was kept before, and what only goes first', () => {
    const first = unit([0], 10, { comesFirst: true })
    const kept = unit([1], 10)
    expect(choose([first, kept, unit([2], 10)], [1, 1, 0.1], 30, [kept])).toEqual([1, 2])
  })
})
