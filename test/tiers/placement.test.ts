import { describe, expect, it } from 'vitest'
import type { Heat } from '../../src/memory/heat.ts'
import type { Tier } from '../../src/memory/memory-item.ts'
import {
  DAY_MS,
  hotUntil,
  isKeptByReads,
  PLACEMENT_DEFAULTS,
  placeUnit,
  warmUntil,
} from '../../src/tiers/placement/placement.ts'

const NOW = Date.UTC(2026, 0, 1)
/** Hot: up to 7 days, or 5 reads within 7 days. Warm: up to 30 days, or 2 reads within 30 days. */
const OPTIONS = PLACEMENT_DEFAULTS

/** Heat of reads so many days ago; `ms` is added to the oldest. */
function readsAt(daysAgo: readonly number[], ms = 0): Heat {
  const times = daysAgo.map((days, i) => NOW - days * DAY_MS - (i === daysAgo.length - 1 ? ms : 0))
  return { reads: times.length, recent: times.sort((a, b) => b - a) }
}

const none = readsAt([])

describe('the placement rule', () => {
  it('has the promised defaults', () => {
    expect(OPTIONS).toEqual({
      hotTierMaxAgeDays: 7,
      warmTierMaxAgeDays: 30,
      minAccessCountHot: 5,
      minAccessCountWarm: 2,
    })
  })

  // age in days, further milliseconds, reads (days ago), tier
  it.each<[number, number, Heat, Tier, string]>([
    [0, 0, none, 'hot', 'new'],
    [-1, 0, none, 'hot', 'of a clock ahead of ours'],
    [7, 0, none, 'hot', 'as old as hot may be'],
    [7, 1, none, 'warm', 'a millisecond older'],
    [30, 0, none, 'warm', 'as old as warm may be'],
    [30, 1, none, 'cold', 'a millisecond older'],
    [3650, 0, none, 'cold', 'ten years old'],

    [7, 1, readsAt([0, 0, 0, 0]), 'warm', 'one read too few to be hot'],
    [7, 1, readsAt([0, 1, 2, 3, 4]), 'hot', 'as many reads as hot needs'],
    [3650, 0, readsAt([0, 1, 2, 3, 7]), 'hot', 'the fifth read as long ago as it may be'],
    [3650, 0, readsAt([0, 1, 2, 3, 7], 1), 'warm', 'the fifth read a millisecond earlier'],
    [3650, 0, readsAt([0, 1, 2, 3, 4, 100, 200]), 'hot', 'older reads beside enough new ones'],

    [30, 1, readsAt([0]), 'cold', 'one read too few to be warm'],
    [30, 1, readsAt([0, 1]), 'warm', 'as many reads as warm needs'],
    [3650, 0, readsAt([0, 30]), 'warm', 'the second read as long ago as it may be'],
    [3650, 0, readsAt([0, 30], 1), 'cold', 'the second read a millisecond earlier'],
    [3650, 0, readsAt([29, 30]), 'warm', 'both reads long ago'],
    [3650, 0, readsAt([31, 31, 31, 31, 31, 31]), 'cold', 'many reads, all too long ago'],

    [8, 0, readsAt([100]), 'warm', 'young enough whatever the reads'],
    [1, 0, readsAt([100, 100]), 'hot', 'young enough whatever the reads'],
  ])('at %d days and %d ms, %j: %s (%s)', (days, ms, heat, tier) => {
    expect(placeUnit({ newestAt: NOW - days * DAY_MS - ms, heat }, OPTIONS, NOW)).toBe(tier)
  })

  it('with hot beyond warm never calls a hot unit cold', () => {
    const odd = { ...OPTIONS, hotTierMaxAgeDays: 60, warmTierMaxAgeDays: 30 }
    const at = (days: number) => placeUnit({ newestAt: NOW - days * DAY_MS, heat: none }, odd, NOW)
    expect([at(31), at(60), at(61)]).toEqual(['hot', 'hot', 'cold'])
    expect(warmUntil({ newestAt: NOW, heat: none }, odd)).toBe(NOW + 60 * DAY_MS)
  })

  it('says until when its answer holds', () => {
    for (const days of [0, 3, 6.99, 7, 20, 30, 40]) {
      for (const heat of [none, readsAt([0]), readsAt([1, 2]), readsAt([0, 1, 2, 3, 4]), readsAt([20, 25])]) {
        const unit = { newestAt: NOW - days * DAY_MS, heat }
        const [hot, warm] = [hotUntil(unit, OPTIONS), warmUntil(unit, OPTIONS)]
        expect(placeUnit(unit, OPTIONS, hot)).toBe('hot')
        expect(placeUnit(unit, OPTIONS, hot + 1)).not.toBe('hot')
        expect(placeUnit(unit, OPTIONS, warm)).not.toBe('cold')
        expect(placeUnit(unit, OPTIONS, warm + 1)).toBe('cold')
      }
    }
  })

  it('knows what reads alone keep', () => {
    expect(isKeptByReads(readsAt([0, 30]), OPTIONS, NOW)).toBe(true)
    expect(isKeptByReads(readsAt([0, 30], 1), OPTIONS, NOW)).toBe(false)
    expect(isKeptByReads(readsAt([0, 1, 2, 3, 4]), OPTIONS, NOW)).toBe(true)
    expect(isKeptByReads(none, OPTIONS, NOW)).toBe(false)
  })
})
