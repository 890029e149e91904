import type { Overlay, TailEntry } from '../memory/record.ts'
import { isErased, type Stamp, stampMs } from '../memory/stamp.ts'
import type { AppendEntry, LoadedRecord } from './durable-store.ts'

/** What a structural commit changes of a record by itself, apart from what it rewrites. */
export interface RecordEdits {
  /** Added to the overlay. */
  readonly marks?: Overlay
  /** Tail entries that go; the marks say that they were there. */
  readonly dropTail?: readonly TailEntry[]
  readonly addTail?: readonly AppendEntry[]
  readonly about?: string
  /** What was made then or earlier goes for good: from tail and overlay, and whole segments unread. */
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
    segments: record.segments.filter(({ last }) => !isErased(last, erasedTo)),
  }
}

/** The latest time at which anything of a record was made, milliseconds since 1970. */
export function newestMs({ tail, segments }: Pick<LoadedRecord, 'tail' | 'segments'>): number {
  const newest = [tail.at(-1)?.stamp, segments.at(-1)?.last].map((stamp) => (stamp === undefined ? 0 : stampMs(stamp)))
  return Math.max(...newest)
}

/** The earliest, or undefined where it holds nothing. */
export function oldestMs({ tail, segments }: Pick<LoadedRecord, 'tail' | 'segments'>): number | undefined {
  const stamps = [tail[0]?.stamp, segments[0]?.first].filter((stamp) => stamp !== undefined)
  return stamps.length === 0 ? undefined : Math.min(...stamps.map(stampMs))
}
