import type { Overlay, SessionRecord } from '../../memory/record.ts'
import { isErased, type Stamp } from '../../memory/stamp.ts'
import { freshTail, stragglersOf } from '../reading/record-runs.ts'
import { PlanRoom } from './plan-room.ts'
import { type Group, rewrittenRawBytes, SEALED_PAGE } from './rewrite-plan.ts'

// Every reader loads the overlay with its record, so it is kept as small as the tail is.
const MAX_MARKS = 200
const MAX_MARK_BYTES = 64 * 1024
const MARK_BYTES = 40

/**
 * Rewrites that take the overlay in, as many as one plan may hold: of segments that hold what was edited or deleted, and
 * of the part of the tail that was edited. Until then the old text is still stored, out of sight.
 */
export function planFold(record: SessionRecord): readonly Group[] {
  if (record.overlay.size === 0) return []
  const marks = [...record.overlay.keys()].sort()
  const groups: Group[] = []
  const room = new PlanRoom()
  let next = 0
  for (const [i, segment] of record.segments.entries()) {
    const first = next
    while (next < marks.length && marks[next]! <= segment.last) next += 1
    if (next === first || !room.isLeft) continue
    room.takeSegment(segment)
    const entries = stragglersOf(record, i)
    const { kind } = segment
    groups.push({ from: i, to: i + 1, entries, into: kind, maxRawBytes: rewrittenRawBytes(kind), why: 'fold' })
  }
  const upTo = lastToFold(record.overlay, marks.slice(next))
  if (upTo !== undefined && (room.isLeft || groups.length === 0)) {
    const end = record.segments.length
    const edited = freshTail(record).filter(({ stamp }) => stamp <= upTo)
    const entries = room.takeEntries(edited)
    // What is left in the tail keeps its marks.
    const takenUpTo = entries.length === edited.length ? upTo : entries.at(-1)!.stamp
    groups.push({ from: end, to: end, entries, upTo: takenUpTo, ...SEALED_PAGE, why: 'fold' })
  }
  return groups
}

/** Rewrites of segments of which `erasedTo` leaves only a part. */
export function planErased(record: SessionRecord): readonly Group[] {
  return record.segments.flatMap((segment, i): Group[] => {
    if (!isErased(segment.first, record.erasedTo)) return []
    const { kind } = segment
    const entries = stragglersOf(record, i)
    return [{ from: i, to: i + 1, entries, into: kind, maxRawBytes: rewrittenRawBytes(kind), why: 'fold' }]
  })
}

/** True where an overlay is so large that it has to be taken in at once. */
export function isOverlayFull(overlay: Overlay): boolean {
  if (overlay.size > MAX_MARKS) return true
  let bytes = 0
  for (const change of overlay.values()) {
    bytes += MARK_BYTES + (change.kind === 'edited' ? Buffer.byteLength(change.body) : 0)
  }
  return bytes > MAX_MARK_BYTES
}

/** What was deleted in the tail has left it, so its marks may wait for the next seal, unless there are too many. */
function lastToFold(overlay: Overlay, marks: readonly Stamp[]): Stamp | undefined {
  if (marks.length > MAX_MARKS / 2) return marks.at(-1)
  return marks.findLast((stamp) => overlay.get(stamp)?.kind === 'edited')
}
