import type { Heat } from '../../memory/heat.ts'
import { NEVER } from '../../memory/record.ts'
import type { LoadedRecord } from '../durable-store.ts'
import { warmUntil } from '../placement/placement.ts'
import type { TierParts } from '../tier-parts.ts'
import { planFold } from './fold-plan.ts'
import { hasErased } from './record-edits.ts'
import { nextRetentionReview } from './retention.ts'

type ReviewParts = Pick<TierParts, 'options' | 'clock' | 'hasBase'>

/** When a sweep next has something to decide about a session, if nothing is added, read or changed. */
export function nextReview(record: LoadedRecord, tailHeat: Heat, parts: ReviewParts): number {
  const { options, clock } = parts
  // What was edited, deleted or erased is still stored until a sweep rewrites or removes where it lies.
  if (hasErased(record) || planFold(record).length > 0) return clock.now()
  const units = record.segments.filter(({ kind }) => kind === 'page').map(({ newestAt, heat }) => ({ newestAt, heat }))
  if (record.tail.length > 0) units.push({ newestAt: record.updatedAt, heat: tailHeat })
  const placement = units.reduce((soonest, unit) => Math.min(soonest, Math.ceil(warmUntil(unit, options)) + 1), NEVER)
  return Math.min(placement, nextRetentionReview(record, parts))
}
