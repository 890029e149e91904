import type { TailEntry } from '../../memory/record.ts'
import { graveOf, type SessionIdentity, type SessionKey, shardOf } from '../../memory/session.ts'
import { firstStampAt, isErased, stampMs } from '../../memory/stamp.ts'
import type {
  AppendEntry,
  Appended,
  AppendOptions,
  CommitResult,
  StructuralChange,
  TouchPatch,
} from '../../tiers/durable-store.ts'
import { encodeHeat, encodeOverlay, encodeSegments, withHeat } from '../structure-text.ts'
import { type AppendRow, appendedOf, type SessionRow } from './session-row.ts'
import type { Statements } from './statements.ts'
import { inlineChanges, structureOf } from './structure-row.ts'

// What writes do to the tables. Each runs inside a transaction.

export function appendEntries(
  statements: Statements,
  session: SessionIdentity,
  entries: readonly AppendEntry[],
  options: AppendOptions,
): Appended {
  const { key } = session
  const bytes = bytesOf(entries)
  const oldestMs = entries.reduce((oldest, { stamp }) => Math.min(oldest, stampMs(stamp)), Number.MAX_SAFE_INTEGER)
  // Counted as if all were new, which they nearly always are; what was not stored is taken off again.
  let row = statements.countAppend.get(...[key, entries.length, bytes, newestCreation(entries), oldestMs]) as unknown as
    | AppendRow
    | undefined
  if (row === undefined) {
    const buried = statements.buried.get(key, graveOf(key)) as unknown as BuriedRow
    // What is erased does not bring back the session that it was of.
    if (entries.length > 0 && entries.every(({ stamp }) => isErased(stamp, buried.erased_to))) {
      return { n: buried.n, tailItems: 0, tailBytes: 0, erasedTo: buried.erased_to }
    }
    const stored = entries.filter(({ stamp }) => !isErased(stamp, buried.erased_to))
    const createdAt = stored[0]?.createdAt ?? options.createdAt ?? 0
    row = statements.createSession.get(
      ...[key, session.tenantId, session.userId, session.sessionId, shardOf(key), entries.length, bytes],
      ...[options.reviewAt, Math.max(newestCreation(stored), createdAt), buried.n, buried.erased_to, createdAt],
    ) as unknown as AppendRow
  }
  const { erased_to: erasedTo } = row
  if (oldestMs <= erasedTo) {
    const stored = entries.filter(({ stamp }) => !isErased(stamp, erasedTo))
    statements.raiseUpdatedAt.run(key, newestCreation(stored))
  }
  const skipped = entries.filter(({ stamp, body }) => {
    if (isErased(stamp, erasedTo)) return true
    return statements.insertEntry.run(key, stamp, body).changes === 0
  })
  if (options.reviewAt < row.review_at) statements.reviewEarlier.run(key, options.reviewAt)
  if (skipped.length === 0) return appendedOf(row)
  return appendedOf(statements.uncount.get(key, skipped.length, bytesOf(skipped)) as unknown as AppendRow)
}

interface BuriedRow {
  readonly n: number
  readonly erased_to: number
}

export function commitChange(
  statements: Statements,
  key: SessionKey,
  fence: string,
  change: StructuralChange,
): CommitResult {
  const row = statements.session.get(key) as unknown as SessionRow | undefined
  if (row === undefined) return { kind: 'conflict' }
  const structure = structureOf(row)
  if (structure.fence !== fence) return { kind: 'conflict' }
  if (change.onlyIfN === true && row.n !== change.n) return { kind: 'conflict' }
  if (change.bury === true && row.n === change.n) {
    bury(statements, key, row, change)
    return { kind: 'committed' }
  }
  const erased = change.erasedTo === undefined ? NOTHING_DROPPED : dropErased(statements, key, change.erasedTo)
  const dropped = dropTail(statements, key, change.dropTail ?? [])
  // A segment that now lies in the record may replace one that lay outside it, so removals come first.
  const inline = inlineChanges(structure.segments, change.segments)
  for (const id of [...(change.remove ?? []), ...inline.remove]) statements.deleteSegment.run(key, id)
  for (const { id, bytes } of [...(change.put ?? []), ...inline.put]) statements.putSegment.run(key, id, bytes)
  statements.putStructure.run(
    key,
    change.nextFence,
    change.segments === undefined ? structure.segments : encodeSegments(change.segments),
    change.overlay === undefined ? structure.overlay : encodeOverlay(change.overlay),
    change.tailHeat === undefined ? structure.tail_heat : encodeHeat(change.tailHeat),
    change.about ?? structure.about,
  )
  statements.updateSession.run(
    ...[key, dropped.items + erased.items, dropped.bytes + erased.bytes, change.erasedTo ?? 0],
    ...[change.reviewAt, change.n, 0],
  )
  if (change.addTail !== undefined) {
    const session = { key, tenantId: row.tenant_id, userId: row.user_id, sessionId: row.session_id }
    appendEntries(statements, session, change.addTail, { reviewAt: change.reviewAt })
  }
  return { kind: 'committed' }
}

/** What `n` never is. */
const NO_COUNT = -1

export function touchSession(statements: Statements, key: SessionKey, patch: TouchPatch): void {
  const row = statements.session.get(key) as unknown as SessionRow | undefined
  if (row === undefined) return
  const structure = structureOf(row)
  if (patch.reviewAt !== undefined || patch.failures !== undefined) {
    const { at, n, fence } = patch.reviewAt ?? { at: row.review_at, n: row.n, fence: structure.fence }
    const since = fence === structure.fence ? n : NO_COUNT
    statements.updateSession.run(...[key, 0, 0, 0, at, since, patch.failures ?? row.failures])
  }
  if (patch.tailHeat === undefined && patch.segmentHeat === undefined) return
  const segments = withHeat(structure.segments, patch.segmentHeat)
  const tailHeat = patch.tailHeat === undefined ? structure.tail_heat : encodeHeat(patch.tailHeat)
  // The fence stays: heat is not part of what a structural commit must not miss.
  statements.putStructure.run(key, structure.fence, segments, structure.overlay, tailHeat, structure.about)
}

/** The row of `structure` stays, empty: without its fence, an old commit could pass for one of the session's next life. */
function bury(statements: Statements, key: SessionKey, row: SessionRow, change: StructuralChange): void {
  statements.deleteTail.run(key)
  statements.deleteSegments.run(key)
  statements.deleteSession.run(key)
  const nothing = structureOf({ fence: null, segments: null, overlay: null, tail_heat: null, about: null })
  statements.putStructure.run(
    ...[key, change.nextFence, nothing.segments, nothing.overlay, nothing.tail_heat, nothing.about],
  )
  // One more: a copy of the former life must not take what comes next for the next of its own.
  statements.bury.run(key, row.n + 1, Math.max(row.erased_to, change.erasedTo ?? 0))
}

interface Dropped {
  readonly items: number
  readonly bytes: number
}

const NOTHING_DROPPED: Dropped = Object.freeze({ items: 0, bytes: 0 })

function dropErased(statements: Statements, key: SessionKey, erasedTo: number): Dropped {
  const firstKept = firstStampAt(erasedTo + 1)
  const dropped = statements.sumErased.get(key, firstKept) as unknown as Dropped
  if (dropped.items > 0) statements.deleteErased.run(key, firstKept)
  return dropped
}

/** Removes exactly these entries; what is gone already counts nothing. */
function dropTail(statements: Statements, key: SessionKey, entries: readonly TailEntry[]): Dropped {
  const first = entries[0]?.stamp
  const last = entries.at(-1)?.stamp
  if (first === undefined || last === undefined) return NOTHING_DROPPED
  const between = statements.stampsBetween.all(key, first, last)
  // Nothing else lies between them, as after nearly every seal: one statement instead of hundreds.
  const isWholeRange = between.length === entries.length && between.every(({ stamp }, i) => stamp === entries[i]!.stamp)
  if (isWholeRange) statements.deleteRange.run(key, first, last)
  const dropped = isWholeRange
    ? entries
    : entries.filter(({ stamp }) => statements.deleteEntry.run(key, stamp).changes > 0)
  return { items: dropped.length, bytes: bytesOf(dropped) }
}

/** Highest `createdAt`, or 0 for none. */
function newestCreation(entries: readonly AppendEntry[]): number {
  return entries.reduce((newest, { createdAt }) => Math.max(newest, createdAt), 0)
}

function bytesOf(entries: readonly TailEntry[]): number {
  return entries.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
}
