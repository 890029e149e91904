import type { Heat } from '../../memory/heat.ts'
import type { ItemState } from '../../memory/item-body.ts'
import type { Tier } from '../../memory/memory-item.ts'
import type { SessionRecord } from '../../memory/record.ts'
import type { SessionKey } from '../../memory/session.ts'
import type { HeatDue, HeatLedger, UnitReads } from './heat-ledger.ts'
import { DAY_MS, hotUntil, type PlacementOptions, placeUnit, type Unit } from './placement.ts'

/** The unit that new items belong to. All others are segments, by their ids. */
export const TAIL_UNIT = 'tail'

/** What is written down of a unit. */
export interface UnitFacts {
  /** {@link TAIL_UNIT}, or the id of a segment. */
  readonly id: string
  readonly isArchive: boolean
  /** `createdAt` of its newest item. */
  readonly newestAt: number
  readonly heat: Heat
}

/** What placement says of one unit of a record, with the reads that are not written down yet. */
export interface PlacedUnit extends Unit {
  readonly id: string
  readonly facts: UnitFacts
  readonly tier: Tier
  readonly reads: UnitReads
  /** Last millisecond at which {@link tier} is sure, if nobody reads the unit again. */
  readonly tierUntil: number
}

/** The share of a tier's age after which a newer read is worth a write. */
const HEAT_WRITE_SHARE = 1 / 8

/** Looks at the unit `id` of a record. @returns undefined where the record has no such unit */
export function unitOf(
  record: SessionRecord,
  id: string,
  ledger: HeatLedger,
  options: PlacementOptions,
  now: number,
): PlacedUnit | undefined {
  const segment = id === TAIL_UNIT ? undefined : record.segments.find((candidate) => candidate.id === id)
  if (segment === undefined && id !== TAIL_UNIT) return undefined
  const facts: UnitFacts = {
    id,
    isArchive: segment?.kind === 'archive',
    newestAt: segment?.newestAt ?? record.updatedAt,
    heat: segment?.heat ?? record.tailHeat,
  }
  return placed(record.session.key, facts, ledger, options, now)
}

/** What placement says of a unit. */
export function placed(
  key: SessionKey,
  facts: UnitFacts,
  ledger: HeatLedger,
  options: PlacementOptions,
  now: number,
): PlacedUnit {
  const { id, isArchive, newestAt, heat: written } = facts
  const heatOf = (): Heat => ledger.heatOf(key, id, written)
  const youngUntil = newestAt + options.hotTierMaxAgeDays * DAY_MS
  // Age alone settles it for nearly all that is read; reads are looked at only where it does not.
  const isYoung = !isArchive && now <= youngUntil
  const tier = isYoung ? 'hot' : tierOf({ newestAt, heat: heatOf() }, isArchive, options, now)
  return {
    id,
    facts,
    newestAt,
    tier,
    reads: ledger.of(key, id, written, () => heatDue(tier, written, newestAt, options, now)),
    tierUntil: isYoung
      ? youngUntil
      : tier === 'hot'
        ? hotUntil({ newestAt, heat: heatOf() }, options)
        : Number.POSITIVE_INFINITY,
    get heat() {
      return heatOf()
    },
  }
}

/** The rule and the place together: cold is what lies in an archive; what is due for one is warm until it gets there. */
export function tierOf(unit: Unit, isArchive: boolean, options: PlacementOptions, now: number): Tier {
  if (isArchive) return 'cold'
  return placeUnit(unit, options, now) === 'hot' ? 'hot' : 'warm'
}

export function stateOf(unit: PlacedUnit): ItemState {
  return { tier: unit.tier, cached: false, lastAccessedAt: unit.reads.lastAt, accessCount: unit.reads.total }
}

function heatDue(tier: Tier, written: Heat, newestAt: number, options: PlacementOptions, now: number): HeatDue {
  const ageDays = tier === 'hot' ? options.hotTierMaxAgeDays : options.warmTierMaxAgeDays
  const everyMs = ageDays * DAY_MS * HEAT_WRITE_SHARE
  const lately = written.recent.filter((at) => at >= now - options.warmTierMaxAgeDays * DAY_MS).length
  return {
    at: Math.max(written.recent[0] ?? 0, newestAt) + everyMs,
    everyMs,
    // Reads that would bring an archive back are worth a write, however close together they are.
    count: tier === 'cold' ? Math.max(1, options.minAccessCountWarm - lately) : Number.POSITIVE_INFINITY,
  }
}
