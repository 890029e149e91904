import type { SessionRecord } from '../../memory/record.ts'
import { decodeAbout } from '../../memory/session-about.ts'
import type { LoadedRecord } from '../durable-store.ts'
import type { TierOptions } from '../options.ts'
import { DAY_MS } from '../placement/placement.ts'
import type { TierParts } from '../tier-parts.ts'
import { applyEdits, hasErased, holdsNothing, newestMs, oldestMs, type RecordEdits } from './record-edits.ts'

/** What options and session say of how long items are kept. */
export type RetentionOptions = Pick<TierOptions, 'retentionDays' | 'retentionDaysByTenant'>

/** What decides about keeping. */
type RetentionParts = Pick<TierParts, 'options' | 'hasBase'>

// Removing the oldest day of a year every hour would rewrite the same archive every hour.
const LEEWAY_SHARE = 1 / 32

/** How long the items of a session are kept, in milliseconds; undefined for always. The session's own word comes first. */
function retentionMs(record: Pick<SessionRecord, 'session' | 'about'>, options: RetentionOptions): number | undefined {
  return daysToMs(decodeAbout(record.about).retentionDays ?? tenantDays(record.session.tenantId, options))
}

/** The same for a tenant's sessions that say nothing themselves. */
export function tenantRetentionMs(tenantId: string, options: RetentionOptions): number | undefined {
  return daysToMs(tenantDays(tenantId, options))
}

/** When what was added at a time is looked at: when its time is over, and a little later. */
export function retentionReview(addedAtMs: number, keptMs: number): number {
  return Math.ceil(addedAtMs + keptMs + Math.min(DAY_MS, keptMs * LEEWAY_SHARE)) + 1
}

/** When retention next has something to decide about a record; Infinity where it never will. */
export function nextRetentionReview(record: LoadedRecord, { options, hasBase }: RetentionParts): number {
  const keptMs = retentionMs(record, options)
  if (keptMs === undefined || (hasBase && holdsNothing(record))) return Number.POSITIVE_INFINITY
  return retentionReview(oldestMs(record) ?? record.updatedAt, keptMs)
}

/** Removes what was kept long enough, and the session with the last of it. */
export function planRetention(
  record: LoadedRecord,
  { options, hasBase }: RetentionParts,
  now: number,
): RecordEdits | undefined {
  const keptMs = retentionMs(record, options)
  if (keptMs === undefined || (hasBase && holdsNothing(record))) return undefined
  const oldest = oldestMs(record)
  // A session that was only named, and never spoken in, goes by when it was made.
  if (retentionReview(oldest ?? record.updatedAt, keptMs) > now) return undefined
  // Not past what it holds: after a clock that was ahead for a moment, nothing more could be added.
  const edits = { erasedTo: Math.max(0, Math.min(Math.floor(now - keptMs), newestMs(record))) }
  // A base memory manager is asked for sessions that we don't know: of this one, it would still have everything.
  return holdsNothing(applyEdits(record, edits)) && !hasBase ? { ...edits, bury: true } : edits
}

/** Goes on with an erase that one commit was too small for, if its maker has not. */
export function planUnfinishedErase(record: LoadedRecord, { hasBase }: RetentionParts): RecordEdits | undefined {
  if (!hasErased(record)) return undefined
  const edits = { erasedTo: record.erasedTo }
  const isEmpty = record.about === '' && holdsNothing(applyEdits(record, edits))
  return isEmpty && !hasBase ? { ...edits, bury: true } : edits
}

function tenantDays(tenantId: string, options: RetentionOptions): number {
  const { retentionDays, retentionDaysByTenant } = options
  return Object.hasOwn(retentionDaysByTenant, tenantId) ? retentionDaysByTenant[tenantId]! : retentionDays
}

function daysToMs(days: number): number | undefined {
  return days > 0 ? days * DAY_MS : undefined
}
