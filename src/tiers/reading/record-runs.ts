import { decodeBody } from '../../memory/item-body.ts'
import type { ItemBody } from '../../memory/memory-item.ts'
import type { SegmentRef, SessionRecord, TailEntry } from '../../memory/record.ts'
import type { SegmentContent } from '../../memory/segment-format/index.ts'
import { isErased, type Stamp } from '../../memory/stamp.ts'
import { TAIL_UNIT } from '../placement/units.ts'

/** An item at its place. */
export interface Placed {
  readonly stamp: Stamp
  readonly body: ItemBody
  /** Size of the body as JSON, where it is known. */
  readonly bytes?: number
}

/** Visible items of one unit that follow each other. */
export interface Run {
  readonly unit: string
  /** What `make` makes of each, rising by stamp: at once where they lie in the record. Repeating it does the work again. */
  read<T>(make: (stamp: Stamp, body: ItemBody) => T): T[] | Promise<T[]>
}

/** Items strictly between two stamps; absent ends are open. */
export interface StampWindow {
  readonly after?: Stamp
  readonly before?: Stamp
}

/** Reads and decodes a segment. Throws `SEGMENT_MISSING` where a structural commit has replaced it meanwhile. */
export type SegmentReader = (ref: SegmentRef) => Promise<SegmentContent>

// Bodies are parsed run by run, so that reading the newest 50 of a long tail does not parse all of it.
const TAIL_RUN_ITEMS = 64

/**
 * What can be seen of a session, from the newest run to the oldest, or the other way: a list of what to read, not an
 * async generator, so that a history that lies in its record is read without one turn of the microtask queue.
 */
export function visibleRuns(
  record: SessionRecord,
  readSegment: SegmentReader,
  window: StampWindow,
  direction: 'newest' | 'oldest',
): readonly Run[] {
  const rising = [
    ...record.segments.flatMap((_ref, i) => segmentRun(record, i, readSegment, window) ?? []),
    ...tailRuns(record, window),
  ]
  return direction === 'newest' ? rising.reverse() : rising
}

/** The visible item at a stamp, wherever it lies; `gone` where it was there once. */
export async function findPlaced(
  record: SessionRecord,
  stamp: Stamp,
  readSegment: SegmentReader,
): Promise<(Placed & { readonly unit: string }) | 'gone' | undefined> {
  if (isErased(stamp, record.erasedTo)) return 'gone'
  const change = record.overlay.get(stamp)
  if (change?.kind === 'deleted') return 'gone'
  const edited = change && decodeBody(change.body)
  const i = segmentIndexFor(record.segments, stamp)
  if (i < 0) {
    const entry = record.tail.find((candidate) => candidate.stamp === stamp)
    return entry && { stamp, body: edited ?? decodeBody(entry.body), unit: TAIL_UNIT }
  }
  const ref = record.segments[i]!
  const content = await readSegment(ref)
  if (content.gone.includes(stamp)) return 'gone'
  const placed = mergeStragglers(content, stragglersOf(record, i)).find((candidate) => candidate.stamp === stamp)
  return placed && { stamp, body: edited ?? placed.body, unit: ref.id }
}

/**
 * Tail entries that sort no later than segment `i` ends and after the one before it: latecomers, or what was sent again
 * after it had been sealed. Only the segment itself can tell which.
 */
export function stragglersOf(record: SessionRecord, i: number): readonly TailEntry[] {
  const upTo = record.segments[i]?.last ?? ''
  // The tail rises, and nearly always all of it sorts after every segment.
  if (record.tail[0] === undefined || record.tail[0].stamp > upTo) return NO_ENTRIES
  const above = record.segments[i - 1]?.last ?? ''
  return record.tail.filter(({ stamp }) => stamp > above && stamp <= upTo)
}

const NO_ENTRIES: readonly TailEntry[] = Object.freeze([])

/** Tail entries that sort after everything sealed. */
export function freshTail(record: SessionRecord): readonly TailEntry[] {
  const sealed = record.segments.at(-1)?.last
  const oldest = record.tail[0]?.stamp
  return sealed === undefined || oldest === undefined || oldest > sealed
    ? record.tail
    : record.tail.filter(({ stamp }) => stamp > sealed)
}

/** Index of the segment that a stamp would lie in, or -1 where it sorts after all of them. */
function segmentIndexFor(segments: readonly SegmentRef[], stamp: Stamp): number {
  return segments.findIndex(({ last }) => stamp <= last)
}

function tailRuns(record: SessionRecord, window: StampWindow): Run[] {
  const fresh = freshTail(record)
  const isOpen = window.after === undefined && window.before === undefined
  const entries = isOpen ? fresh : fresh.filter(({ stamp }) => isInside(stamp, window))
  const runs: Run[] = []
  // Counted from the end, so that the newest run is a full one.
  for (let to = entries.length; to > 0; to -= TAIL_RUN_ITEMS)
    runs.push(tailRun(record, entries, Math.max(0, to - TAIL_RUN_ITEMS), to))
  return runs.reverse()
}

function tailRun(record: SessionRecord, tail: readonly TailEntry[], from: number, to: number): Run {
  return {
    unit: TAIL_UNIT,
    read(make) {
      const made: ReturnType<typeof make>[] = []
      for (let i = from; i < to; i++) {
        const { stamp, body } = tail[i]!
        const text = visibleBody(record, stamp, body)
        if (text !== undefined) made.push(make(stamp, decodeBody(text)))
      }
      return made
    },
  }
}

/** A segment with the stragglers of its range, or undefined where the window leaves it out. */
function segmentRun(
  record: SessionRecord,
  i: number,
  readSegment: SegmentReader,
  window: StampWindow,
): Run | undefined {
  const ref = record.segments[i]!
  // Erased, and not removed yet.
  if (isErased(ref.last, record.erasedTo)) return undefined
  const stragglers = stragglersOf(record, i)
  const first = stragglers[0] !== undefined && stragglers[0].stamp < ref.first ? stragglers[0].stamp : ref.first
  if (window.before !== undefined && first >= window.before) return undefined
  if (window.after !== undefined && ref.last <= window.after) return undefined
  return {
    unit: ref.id,
    async read(make) {
      const made: ReturnType<typeof make>[] = []
      for (const { stamp, body } of mergeStragglers(await readSegment(ref), stragglers)) {
        const seen = isInside(stamp, window) ? visibleBody(record, stamp, body) : undefined
        if (seen !== undefined) made.push(make(stamp, typeof seen === 'string' ? decodeBody(seen) : seen))
      }
      return made
    },
  }
}

/** A segment's items with the latecomers among `stragglers` at their places; what it held before is not one. */
export function mergeStragglers(content: SegmentContent, stragglers: readonly TailEntry[]): readonly Placed[] {
  if (stragglers.length === 0) return content.entries
  const known = new Set<Stamp>([...content.gone, ...content.entries.map(({ stamp }) => stamp)])
  const late = stragglers
    .filter(({ stamp }) => !known.has(stamp))
    .map(({ stamp, body }): Placed => ({ stamp, body: decodeBody(body), bytes: Buffer.byteLength(body) }))
  if (late.length === 0) return content.entries
  return [...content.entries, ...late].sort((a, b) => (a.stamp < b.stamp ? -1 : 1))
}

/** What is seen at a stamp where `stored` lies: it, what it was edited to, or nothing. */
function visibleBody<T>(record: SessionRecord, stamp: Stamp, stored: T): T | string | undefined {
  if (isErased(stamp, record.erasedTo)) return undefined
  if (record.overlay.size === 0) return stored
  const change = record.overlay.get(stamp)
  if (change === undefined) return stored
  return change.kind === 'edited' ? change.body : undefined
}

function isInside(stamp: Stamp, { after, before }: StampWindow): boolean {
  return (after === undefined || stamp > after) && (before === undefined || stamp < before)
}
