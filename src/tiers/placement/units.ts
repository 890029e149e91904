import type { Heat } from '../../memory/heat.ts'
import type { ItemState } from '../../memory/item-body.ts'
import type { Tier } from '../../memory/memory-item.ts'
import type { SegmentRef, SessionRecord } from '../../memory/record.ts'
import { TAIL_UNIT } from '../reading/session-copy.ts'
import type { TierParts } from '../tier-parts.ts'
import type { HeatDue, HeatLedger, UnitReads } from './heat-ledger.ts'
import { DAY_MS, hotUntil, isKeptByReads, type PlacementOptions, placeUnit, type Unit } from './placement.ts'

/** What placement says of one unit of a record, with the reads that are not written down yet. */
export interface PlacedUnit extends Unit {
  readonly id: string
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
  const written = segment?.heat ?? record.tailHeat
  const newestAt = segment?.newestAt ?? record.updatedAt
  const key = record.session.key
  const heatOf = (): Heat => ledger.heatOf(key, id, written)
  const youngUntil = newestAt + options.hotTierMaxAgeDays * DAY_MS
  // Age alone settles it for nearly all that is read; reads are looked at only where it does not.
  const isYoung = segment?.kind !== 'archive' && now <= youngUntil
  const tier = isYoung ? 'hot' : tierOf({ newestAt, heat: heatOf() }, segment, options, now)
  return {
    id,
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
export function tierOf(unit: Unit, segment: SegmentRef | undefined, options: PlacementOptions, now: number): Tier {
  if (segment?.kind === 'archive') return 'cold'
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

/** As if archives had been read enough: otherwise the next sweep would send what is promoted straight back. */
export function warmArchives({ ledger, options }: TierParts, record: SessionRecord, now: number): void {
  for (const { id, kind } of record.segments) {
    const unit = kind === 'archive' ? unitOf(record, id, ledger, options, now) : undefined
    if (unit === undefined || isKeptByReads(unit.heat, options, now)) continue
    for (let i = 0; i < options.minAccessCountWarm; i++) unit.reads.record(now)
  }
}
