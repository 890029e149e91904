import { type Heat, nthNewestRead } from '../../memory/heat.ts'
import type { Tier } from '../../memory/memory-item.ts'

/** When units move between tiers. Names, units and defaults as promised to users. */
export interface PlacementOptions {
  /** Oldest age of a unit in the hot tier, in days. @default 7 */
  readonly hotTierMaxAgeDays: number
  /** Oldest age of a unit in the warm tier, in days. @default 30 */
  readonly warmTierMaxAgeDays: number
  /** Reads within the last `hotTierMaxAgeDays` that keep an older unit hot. 1 to 16. @default 5 */
  readonly minAccessCountHot: number
  /** Reads within the last `warmTierMaxAgeDays` that keep an older unit warm. 1 to 16. @default 2 */
  readonly minAccessCountWarm: number
}

export const PLACEMENT_DEFAULTS: PlacementOptions = Object.freeze({
  hotTierMaxAgeDays: 7,
  warmTierMaxAgeDays: 30,
  minAccessCountHot: 5,
  minAccessCountWarm: 2,
})

export const DAY_MS = 86_400_000

/** What the rule looks at: the tail or one segment. */
export interface Unit {
  /** `createdAt` of its newest item. */
  readonly newestAt: number
  readonly heat: Heat
}

/**
 * The placement rule: hot while the unit is young enough or was read often enough lately, otherwise warm by the same
 * rule with the warm options, otherwise cold.
 */
export function placeUnit(unit: Unit, options: PlacementOptions, now: number): Tier {
  if (now <= hotUntil(unit, options)) return 'hot'
  return now <= warmUntil(unit, options) ? 'warm' : 'cold'
}

/** Last millisecond at which the unit is hot, if nobody reads it again. */
export function hotUntil(unit: Unit, options: PlacementOptions): number {
  return staysUntil(unit, options.hotTierMaxAgeDays * DAY_MS, options.minAccessCountHot)
}

/** Last millisecond at which the unit is not cold, if nobody reads it again: there is nothing to move before. */
export function warmUntil(unit: Unit, options: PlacementOptions): number {
  const warm = staysUntil(unit, options.warmTierMaxAgeDays * DAY_MS, options.minAccessCountWarm)
  return Math.max(warm, hotUntil(unit, options))
}

/** True where reads alone, whatever the age, keep the unit out of the cold tier. */
export function isKeptByReads(heat: Heat, options: PlacementOptions, now: number): boolean {
  return placeUnit({ newestAt: Number.NEGATIVE_INFINITY, heat }, options, now) !== 'cold'
}

function staysUntil(unit: Unit, maxAgeMs: number, minReads: number): number {
  const deciding = nthNewestRead(unit.heat, minReads) ?? Number.NEGATIVE_INFINITY
  return Math.max(unit.newestAt, deciding) + maxAgeMs
}
