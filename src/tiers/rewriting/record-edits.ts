import type { Overlay, SegmentRef, TailEntry } from '../../memory/record.ts'
import { isErased, type Stamp, stampMs } from '../../memory/stamp.ts'
import type { AppendEntry, LoadedRecord } from '../durable-store.ts'
import { REMOVED_STORED_BYTES } from './plan-room.ts'

/** What a structural commit changes of a record by itself, apart from what it rewrites. */
export interface RecordEdits {
  /** Added to the overlay. */
  readonly marks?: Overlay
  /** Tail entries that go; the marks say that they were there. */
  readonly dropTail?: readonly TailEntry[]
  readonly addTail?: readonly AppendEntry[]
  readonly about?: string
  /**
   * What was made then or earlier goes for good: from tail and overlay, and whole segments unread, of which one commit
   * removes so many only; {@link hasErased} tells whether others have to follow.
   */
  readonly erasedTo?: number
  /** The commit fails where anything was appended since the record was read. */
  readonly onlyIfN?: boolean
  /** The whole record goes, unless something was appended since it was read. */
  readonly bury?: boolean
  /** In place of what placement would say, milliseconds since 1970. */
  readonly reviewAt?: number
}

/** The record as the edits leave it. What they add to the tail is not in it: it belongs to no rewrite yet. */
export function applyEdits(record: LoadedRecord, edits: RecordEdits): LoadedRecord {
  if (edits.bury === true) return { ...record, tail: [], segments: [], overlay: new Map(), about: '' }
  const erasedTo = Math.max(record.erasedTo, edits.erasedTo ?? 0)
  const dropped = new Set<Stamp>(edits.dropTail?.map(({ stamp }) => stamp))
  const overlay = new Map([...record.overlay, ...(edits.marks ?? [])])
  for (const stamp of overlay.keys()) if (isErased(stamp, erasedTo)) overlay.delete(stamp)
  return {
    ...record,
    erasedTo,
    overlay,
    about: edits.about ?? record.about,
    tail: record.tail.filter(({ stamp }) => !dropped.has(stamp) && !isErased(stamp, erasedTo)),
    segments: withoutErased(record.segments, erasedTo),
  }
}

/** True where segments, or parts of them, are still stored that are erased. They are the oldest. */
export function hasErased({ segments, erasedTo }: Pick<LoadedRecord, 'segments' | 'erasedTo'>): boolean {
  return segments[0] !== undefined && isErased(segments[0].first, erasedTo)
}

/** Without the oldest erased segments. Those that there is no room for stay a while: nobody sees or counts them. */
function withoutErased(segments: readonly SegmentRef[], erasedTo: number): readonly SegmentRef[] {
  let bytes = 0
  return segments.flatMap((segment, i) => {
    if (!isErased(segment.last, erasedTo)) return [segment]
    bytes += segment.bytes
    return i === 0 || bytes <= REMOVED_STORED_BYTES ? [] : [{ ...segment, items: 0 }]
  })
}

/** True where nothing is left, not even the mark of a deleted item, without which it could be added again. */
export function holdsNothing({ tail, segments, overlay }: Held): boolean {
  return tail.length + segments.length + overlay.size === 0
}

/** The latest time at which anything of a record was made, also what is deleted, milliseconds since 1970. */
export function newestMs(record: Held): number {
  return Math.max(0, ...edgesOf(record).map(stampMs))
}

/** The earliest, or undefined where it holds nothing. */
export function oldestMs(record: Held): number | undefined {
  const edges = edgesOf(record)
  return edges.length === 0 ? undefined : Math.min(...edges.map(stampMs))
}

type Held = Pick<LoadedRecord, 'tail' | 'segments' | 'overlay'>

/** Stamps, of which the earliest and the latest of the record are two. */
function edgesOf({ tail, segments, overlay }: Held): readonly Stamp[] {
  const edges = [tail[0]?.stamp, tail.at(-1)?.stamp, segments[0]?.first, segments.at(-1)?.last, ...overlay.keys()]
  return edges.filter((stamp) => stamp !== undefined)
}
