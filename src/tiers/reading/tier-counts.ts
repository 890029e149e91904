import type { Tier } from '../../memory/memory-item.ts'
import type { SessionRecord } from '../../memory/record.ts'
import type { PlacementOptions } from '../placement/placement.ts'
import { tierOf } from '../placement/units.ts'

/** What lies in one tier. */
export interface TierCount {
  readonly items: number
  /** As JSON bodies. */
  readonly rawBytes: number
  /** As stored. */
  readonly bytes: number
}

/** What lies where. Counted by looking at records, which is no read of what they hold. */
export interface TierCounts {
  readonly sessions: number
  readonly hot: TierCount
  readonly warm: TierCount
  readonly cold: TierCount
}

export const NO_TIER_COUNTS: TierCounts = Object.freeze({
  sessions: 0,
  hot: Object.freeze({ items: 0, rawBytes: 0, bytes: 0 }),
  warm: Object.freeze({ items: 0, rawBytes: 0, bytes: 0 }),
  cold: Object.freeze({ items: 0, rawBytes: 0, bytes: 0 }),
})

/** The counts with those of one more session. */
export function countTiers(
  counts: TierCounts,
  record: SessionRecord,
  options: PlacementOptions,
  now: number,
): TierCounts {
  const more: { [tier in Tier]: TierCount } = { hot: counts.hot, warm: counts.warm, cold: counts.cold }
  const add = (tier: Tier, { items, rawBytes, bytes }: TierCount): void => {
    const sofar = more[tier]
    more[tier] = Object.freeze({
      items: sofar.items + items,
      rawBytes: sofar.rawBytes + rawBytes,
      bytes: sofar.bytes + bytes,
    })
  }
  for (const segment of record.segments) add(tierOf(segment, segment.kind === 'archive', options, now), segment)
  const { tailItems: items, tailBytes: bytes, updatedAt: newestAt, tailHeat: heat } = record
  add(tierOf({ newestAt, heat }, false, options, now), { items, rawBytes: bytes, bytes })
  return Object.freeze({ sessions: counts.sessions + 1, ...more })
}
