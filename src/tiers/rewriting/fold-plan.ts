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
  const end = record.segments.length
  const marked: { readonly unit: number; readonly bytes: number }[] = []
  let next = 0
  for (const [unit, { last }] of record.segments.entries()) {
    const first = next
    while (next < marks.length && marks[next]! <= last) next += 1
    if (next > first) marked.push({ unit, bytes: markBytes(record.overlay, marks.slice(first, next)) })
  }
  const ofTail = marks.slice(next)
  const upTo = lastToFold(record.overlay, ofTail)
  if (upTo !== undefined) marked.push({ unit: end, bytes: markBytes(record.overlay, ofTail) })
  const groups: Group[] = []
  const room = new PlanRoom()
  // Small marks of many segments must not keep the large ones in the record.
  for (const { unit } of marked.sort((a, b) => b.bytes - a.bytes)) {
    if (!room.isLeft) break
    groups.push(unit === end ? foldTail(record, upTo!, room) : foldSegment(record, unit, room))
  }
  return groups.sort((a, b) => a.from - b.from)
}

function foldSegment(record: SessionRecord, i: number, room: PlanRoom): Group {
  const segment = record.segments[i]!
  room.takeSegment(segment)
  const entries = room.takeLate(stragglersOf(record, i), record.overlay)
  const { kind } = segment
  return { from: i, to: i + 1, entries, into: kind, maxRawBytes: rewrittenRawBytes(kind), why: 'fold' }
}

function foldTail(record: SessionRecord, upTo: Stamp, room: PlanRoom): Group {
  const end = record.segments.length
  const edited = freshTail(record).filter(({ stamp }) => stamp <= upTo)
  const entries = room.takeEntries(edited)
  // What is left in the tail keeps its marks.
  const takenUpTo = entries.length === edited.length ? upTo : entries.at(-1)!.stamp
  return { from: end, to: end, entries, upTo: takenUpTo, ...SEALED_PAGE, why: 'fold' }
}

/** Rewrites of segments of which `erasedTo` leaves only a part. */
export function planErased(record: SessionRecord): readonly Group[] {
  return record.segments.flatMap((segment, i): Group[] => {
    const isCut = isErased(segment.first, record.erasedTo) && !isErased(segment.last, record.erasedTo)
    if (!isCut) return []
    const room = new PlanRoom()
    room.takeSegment(segment)
    const entries = room.takeLate(stragglersOf(record, i), record.overlay)
    const { kind } = segment
    return [{ from: i, to: i + 1, entries, into: kind, maxRawBytes: rewrittenRawBytes(kind), why: 'fold' }]
  })
}

/** True where an overlay is so large that it has to be taken in at once. */
export function isOverlayFull(overlay: Overlay): boolean {
  if (overlay.size > MAX_MARKS) return true
  return markBytes(overlay, [...overlay.keys()]) > MAX_MARK_BYTES
}

function markBytes(overlay: Overlay, marks: readonly Stamp[]): number {
  return marks.reduce((sum, stamp) => {
    const change = overlay.get(stamp)
    return sum + MARK_BYTES + (change?.kind === 'edited' ? Buffer.byteLength(change.body) : 0)
  }, 0)
}

/** What was deleted in the tail has left it, so its marks may wait for the next seal, unless there are too many. */
function lastToFold(overlay: Overlay, marks: readonly Stamp[]): Stamp | undefined {
  if (marks.length > MAX_MARKS / 2) return marks.at(-1)
  return marks.findLast((stamp) => overlay.get(stamp)?.kind === 'edited')
}
