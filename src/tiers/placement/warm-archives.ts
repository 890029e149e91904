import type { SessionRecord } from '../../memory/record.ts'
import type { TierParts } from '../tier-parts.ts'
import { isKeptByReads } from './placement.ts'
import { unitOf } from './units.ts'

/** As if archives had been read enough: otherwise the next sweep would send what is promoted straight back. */
export function warmArchives({ ledger, options }: TierParts, record: SessionRecord, now: number): void {
  for (const { id, kind } of record.segments) {
    const unit = kind === 'archive' ? unitOf(record, id, ledger, options, now) : undefined
    if (unit === undefined || isKeptByReads(unit.heat, options, now)) continue
    for (let i = 0; i < options.minAccessCountWarm; i++) unit.reads.record(now)
  }
}
