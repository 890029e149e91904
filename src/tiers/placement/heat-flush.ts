import { addHeat, COLD_HEAT } from '../../memory/heat.ts'
import type { SessionKey } from '../../memory/session.ts'
import type { TierParts } from '../tier-parts.ts'
import { isKeptByReads } from './placement.ts'
import type { PlacedUnit } from './units.ts'
import { TAIL_UNIT } from './units.ts'

/**
 * Writes down the reads of a session, for placement to find. Failing is harmless: heat is approximate, and the next
 * read tries again. An archive that is read enough to be warm is due for the next sweep.
 */
export async function flushHeat({ durable, ledger, options, clock }: TierParts, key: SessionKey): Promise<void> {
  const taken = ledger.take(key)
  if (taken.size === 0) return
  const record = await durable.load(key, { newest: 1, withFence: true })
  if (record === undefined) return
  const tail = taken.get(TAIL_UNIT)
  const segmentHeat = new Map(
    record.segments.flatMap((segment) => {
      const added = taken.get(segment.id)
      return added === undefined ? [] : [[segment.id, addHeat(segment.heat, added)] as const]
    }),
  )
  const now = clock.now()
  const wanted = record.segments.some(
    ({ id, kind }) => kind === 'archive' && isKeptByReads(segmentHeat.get(id) ?? COLD_HEAT, options, now),
  )
  await durable.touch(key, {
    ...(tail !== undefined && { tailHeat: addHeat(record.tailHeat, tail) }),
    ...(segmentHeat.size > 0 && { segmentHeat }),
    ...(wanted && { reviewAt: { at: now, n: record.n, fence: record.fence! } }),
  })
}

/** Counts a read of a unit. Where its reads are worth a write by now, `background` gets the write. */
export function recordRead(
  parts: TierParts,
  key: SessionKey,
  unit: PlacedUnit,
  now: number,
  background: (work: Promise<void>) => void,
): void {
  if (unit.reads.record(now)) background(flushHeat(parts, key))
}
