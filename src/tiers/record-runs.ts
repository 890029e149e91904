import { decodeBody } from '../memory/item-body.ts'
import type { ItemBody } from '../memory/memory-item.ts'
import type { SegmentRef, SessionRecord, TailEntry } from '../memory/record.ts'
import type { SegmentContent } from '../memory/segment-format/index.ts'
import { type Stamp, stampMs } from '../memory/stamp.ts'
import { TAIL_UNIT } from './session-copy.ts'

/** An item at its place. */
export interface Placed {
  readonly stamp: Stamp
  readonly body: ItemBody
}

/** Visible items of one unit that follow each other, rising by stamp. */
export interface Run {
  readonly unit: string
  readonly entries: readonly Placed[]
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
 * What can be seen of a session, from the newest run to the oldest, or the other way. Reads segments only when their
 * turn comes, and only those that the window touches.
 */
export async function* visibleRuns(
  record: SessionRecord,
  readSegment: SegmentReader,
  window: StampWindow,
  direction: 'newest' | 'oldest',
): AsyncGenerator<Run> {
  if (direction === 'newest') {
    yield* tailRuns(record, window).reverse()
    for (let i = record.segments.length - 1; i >= 0; i--) yield* segmentRun(record, i, readSegment, window)
  } else {
    for (let i = 0; i < record.segments.length; i++) yield* segmentRun(record, i, readSegment, window)
    yield* tailRuns(record, window)
  }
}

/** The visible item at a stamp, wherever it lies. */
export async function findPlaced(
  record: SessionRecord,
  stamp: Stamp,
  readSegment: SegmentReader,
): Promise<(Placed & { readonly unit: string }) | undefined> {
  const i = segmentIndexFor(record.segments, stamp)
  if (i < 0) {
    const entry = record.tail.find((candidate) => candidate.stamp === stamp)
    const placed = entry && visible(record, entry.stamp, () => decodeBody(entry.body))
    return placed && { ...placed, unit: TAIL_UNIT }
  }
  for await (const run of segmentRun(record, i, readSegment, {})) {
    const placed = run.entries.find((candidate) => candidate.stamp === stamp)
    if (placed !== undefined) return { ...placed, unit: run.unit }
  }
  return undefined
}

/**
 * Tail entries that sort no later than segment `i` ends and after the one before it: latecomers, or what was sent again
 * after it had been sealed. Only the segment itself can tell which.
 */
export function stragglersOf(record: SessionRecord, i: number): readonly TailEntry[] {
  const above = record.segments[i - 1]?.last ?? ''
  const upTo = record.segments[i]?.last ?? ''
  return record.tail.filter(({ stamp }) => stamp > above && stamp <= upTo)
}

/** Tail entries that sort after everything sealed. */
export function freshTail(record: SessionRecord): readonly TailEntry[] {
  const sealed = record.segments.at(-1)?.last
  return sealed === undefined ? record.tail : record.tail.filter(({ stamp }) => stamp > sealed)
}

/** Index of the segment that a stamp would lie in, or -1 where it sorts after all of them. */
function segmentIndexFor(segments: readonly SegmentRef[], stamp: Stamp): number {
  return segments.findIndex(({ last }) => stamp <= last)
}

function tailRuns(record: SessionRecord, window: StampWindow): Run[] {
  const entries = freshTail(record).filter(({ stamp }) => isInside(stamp, window))
  const runs: Run[] = []
  // Counted from the end, so that the newest run is a full one.
  for (let to = entries.length; to > 0; to -= TAIL_RUN_ITEMS) {
    const from = Math.max(0, to - TAIL_RUN_ITEMS)
    runs.unshift(lazyRun(record, entries.slice(from, to)))
  }
  return runs
}

function lazyRun(record: SessionRecord, entries: readonly TailEntry[]): Run {
  let placed: readonly Placed[] | undefined
  return {
    unit: TAIL_UNIT,
    get entries() {
      placed ??= entries.flatMap(({ stamp, body }) => visible(record, stamp, () => decodeBody(body)) ?? [])
      return placed
    },
  }
}

async function* segmentRun(
  record: SessionRecord,
  i: number,
  readSegment: SegmentReader,
  window: StampWindow,
): AsyncGenerator<Run> {
  const ref = record.segments[i]!
  const stragglers = stragglersOf(record, i)
  const first = stragglers[0] !== undefined && stragglers[0].stamp < ref.first ? stragglers[0].stamp : ref.first
  if (window.before !== undefined && first >= window.before) return
  if (window.after !== undefined && ref.last <= window.after) return
  const entries = mergeStragglers(await readSegment(ref), stragglers)
    .filter(({ stamp }) => isInside(stamp, window))
    .flatMap(({ stamp, body }) => visible(record, stamp, () => body) ?? [])
  yield { unit: ref.id, entries }
}

/** A segment's items with the latecomers among `stragglers` at their places; what it held before is not one. */
export function mergeStragglers(content: SegmentContent, stragglers: readonly TailEntry[]): readonly Placed[] {
  if (stragglers.length === 0) return content.entries
  const known = new Set<Stamp>([...content.gone, ...content.entries.map(({ stamp }) => stamp)])
  const late = stragglers
    .filter(({ stamp }) => !known.has(stamp))
    .map(({ stamp, body }) => ({ stamp, body: decodeBody(body) }))
  if (late.length === 0) return content.entries
  return [...content.entries, ...late].sort((a, b) => (a.stamp < b.stamp ? -1 : 1))
}

function visible(record: SessionRecord, stamp: Stamp, body: () => ItemBody): Placed | undefined {
  if (record.erasedTo > 0 && stampMs(stamp) <= record.erasedTo) return undefined
  const change = record.overlay.get(stamp)
  if (change?.kind === 'deleted') return undefined
  return { stamp, body: change === undefined ? body() : decodeBody(change.body) }
}

function isInside(stamp: Stamp, { after, before }: StampWindow): boolean {
  return (after === undefined || stamp > after) && (before === undefined || stamp < before)
}
