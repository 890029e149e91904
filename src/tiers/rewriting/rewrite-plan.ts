import type { Heat } from '../../memory/heat.ts'
import { addHeat, COLD_HEAT } from '../../memory/heat.ts'
import type { SegmentRef, SessionRecord, TailEntry } from '../../memory/record.ts'
import type { Stamp } from '../../memory/stamp.ts'
import type { TierOptions } from '../options.ts'
import { DAY_MS, isKeptByReads, type PlacementOptions, placeUnit } from '../placement/placement.ts'
import { freshTail, stragglersOf } from '../reading/record-runs.ts'
import { PlanRoom } from './plan-room.ts'
import type { RecordEdits } from './record-edits.ts'

/**
 * Neighbouring segments and tail entries that become new segments. `from` to `to` (exclusive) are indexes of the
 * record's segments; equal, where only tail entries are packed, which then go behind all segments.
 */
export interface Group {
  readonly from: number
  readonly to: number
  /** Tail entries that are folded in: those of the group's range, or the oldest of what sorts after all segments. */
  readonly entries: readonly TailEntry[]
  readonly into: 'page' | 'archive'
  /** Most that one of the new segments may hold, as JSON bodies. */
  readonly maxRawBytes: number
  readonly why: 'seal' | 'merge' | 'archive' | 'rehydrate' | 'fold'
  /** Marks of the overlay up to here are taken in, where nothing else of the group reaches so far. */
  readonly upTo?: Stamp
}

/** A page is read whole for one item of it, so the newest ones stay small. */
const PAGE_RAW_BYTES = 64 * 1024
/** Pages further back are merged, so that the list of them stays short however long a live session gets. */
const MERGED_PAGE_RAW_BYTES = 1024 * 1024
/** And so much as it is stored, which one segment takes: what is split again makes the list no shorter. */
const MERGED_PAGE_BYTES = 700 * 1024
const SMALL_PAGES = 16
/** A session with fewer segments has nothing to merge. */
export const MERGE_FROM_SEGMENTS: number = 2 * SMALL_PAGES
/** Decoding stops at 8 MiB; an archive compressed to its bound rarely comes from more than this. */
const ARCHIVE_RAW_BYTES = 3 * 1024 * 1024

/** Where the tail is packed. */
export const SEALED_PAGE: Pick<Group, 'into' | 'maxRawBytes'> = { into: 'page', maxRawBytes: PAGE_RAW_BYTES }

/** One structural commit. */
export interface RewritePlan {
  /** Come first: the groups are of the record as these leave it. */
  readonly edits?: RecordEdits
  /** Rising, disjoint. */
  readonly groups: readonly Group[]
}

/** Heat of each unit of a record, with the reads that are not written down yet. */
export interface RecordHeat {
  readonly tail: Heat
  /** By segment id. */
  readonly segments: ReadonlyMap<string, Heat>
}

/** What stays in the tail after a seal, as a share of its bounds: enough for most reads of a conversation's end. */
const KEPT_SHARE = 1 / 4

/** Packs the oldest part of a tail that is over its bounds into a page, and folds in what came late. */
export function planSeal(record: SessionRecord, options: TierOptions, evenIfSmall = false): RewritePlan | undefined {
  const bytes = record.tail.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
  if (!evenIfSmall && record.tail.length <= options.tailMaxItems && bytes <= options.tailMaxBytes) return undefined
  const fresh = freshTail(record)
  const kept = evenIfSmall ? 0 : keptCount(fresh, options.tailMaxItems * KEPT_SHARE, options.tailMaxBytes * KEPT_SHARE)
  const room = new PlanRoom()
  const groups: Group[] = stragglerGroups(record, room)
  const taken = room.isLeft || groups.length === 0 ? room.takeEntries(fresh.slice(0, fresh.length - kept)) : []
  const end = record.segments.length
  if (taken.length > 0) {
    groups.push({ from: end, to: end, entries: taken, ...SEALED_PAGE, why: 'seal' })
  }
  return groups.length > 0 ? { groups } : undefined
}

/** Merges the oldest neighbouring pages that become one larger page together, once there are many. */
export function planMerge(record: SessionRecord): RewritePlan | undefined {
  const pages = record.segments.filter(({ kind }) => kind === 'page').length
  if (pages < MERGE_FROM_SEGMENTS) return undefined
  const older = record.segments.slice(0, -SMALL_PAGES)
  for (let from = 0; from < older.length; from++) {
    const to = mergedTo(older, from)
    if (to - from < 2) continue
    const room = new PlanRoom()
    for (const segment of record.segments.slice(from, to)) room.takeSegment(segment)
    const entries = room.takeLate(segmentStragglers(record, from, to), record.overlay)
    return { groups: [{ from, to, entries, into: 'page', maxRawBytes: MERGED_PAGE_RAW_BYTES, why: 'merge' }] }
  }
  return undefined
}

/**
 * Where a run of pages ends that one page can take: 16 of them, or as many as it has room for. Where more may come that
 * belong to it, it is left for then, so that no page is merged with each new one in turn.
 */
function mergedTo(pages: readonly SegmentRef[], from: number): number {
  let [rawBytes, bytes] = [0, 0]
  for (let to = from; to < from + SMALL_PAGES; to++) {
    const page = pages[to]
    if (page === undefined) return from
    rawBytes += page.rawBytes
    bytes += page.bytes
    // A page that is large by itself is passed over, wherever it lies.
    if (page.kind !== 'page' || page.rawBytes >= MERGED_PAGE_RAW_BYTES / 2) return to
    if (rawBytes > MERGED_PAGE_RAW_BYTES || bytes > MERGED_PAGE_BYTES) return to
  }
  return from + SMALL_PAGES
}

/** Moves what the placement rule calls cold into archives, with small archives beside it. */
export function planArchive(
  record: SessionRecord,
  heat: RecordHeat,
  options: TierOptions,
  now: number,
): RewritePlan | undefined {
  const tailIsCold =
    record.tail.length > 0 && placeUnit({ newestAt: record.updatedAt, heat: heat.tail }, options, now) === 'cold'
  const isCold = (i: number): boolean => {
    const segment = record.segments[i]
    if (segment === undefined) return i === record.segments.length && tailIsCold
    return (
      segment.kind === 'page' &&
      placeUnit({ newestAt: segment.newestAt, heat: heat.segments.get(segment.id)! }, options, now) === 'cold'
    )
  }
  return planArchiveWhere(record, isCold, options)
}

/** The same for whatever units are named; index `segments.length` is the tail. */
export function planArchiveWhere(
  record: SessionRecord,
  isCold: (unit: number) => boolean,
  options: TierOptions,
): RewritePlan | undefined {
  const end = record.segments.length
  const groups: Group[] = []
  const room = new PlanRoom()
  // What is not compressed takes as much as it says, however small its page was.
  const storedBytes = ({ kind, bytes, rawBytes }: SegmentRef): number =>
    kind === 'page' && !options.enableCompression ? rawBytes : bytes
  for (let i = 0; i <= end && room.isLeft; i++) {
    if (!isCold(i)) continue
    let to = i
    for (; to <= end && isCold(to) && room.isLeft; to++) {
      const segment = record.segments[to]
      if (segment !== undefined) room.takeSegment(segment, storedBytes(segment))
    }
    const [from, upTo] = absorbArchives(record.segments, i, Math.min(to, end), groups.at(-1)?.to ?? 0, options)
    const late = room.takeLate(segmentStragglers(record, from, upTo), record.overlay)
    const takesTail = to > end && (room.isLeft || late.length === 0)
    groups.push({
      from,
      to: upTo,
      entries: takesTail ? [...late, ...room.takeEntries(freshTail(record))] : late,
      into: 'archive',
      maxRawBytes: ARCHIVE_RAW_BYTES,
      why: 'archive',
    })
    i = Math.max(to, upTo) - 1
  }
  const isTaken = ({ from }: Group): boolean => groups.some((group) => group.from <= from && from < group.to)
  if (isCold(end)) groups.push(...stragglerGroups(record, room).filter((group) => !isTaken(group)))
  const busy = groups.filter(({ from, to, entries }) => to > from || entries.length > 0)
  return busy.length > 0 ? { groups: busy.sort((a, b) => a.from - b.from) } : undefined
}

/** Turns archives that are read enough to be warm again into pages, unless they would be archived again soon. */
export function planRehydrate(
  record: SessionRecord,
  heat: RecordHeat,
  options: PlacementOptions,
  now: number,
): RewritePlan | undefined {
  const soon = now + (options.warmTierMaxAgeDays * DAY_MS) / 8
  return planRehydrateWhere(record, (id) => isKeptByReads(heat.segments.get(id)!, options, soon))
}

export function planRehydrateWhere(
  record: SessionRecord,
  isWanted: (segmentId: string) => boolean,
): RewritePlan | undefined {
  // One at a time: an archive may hold much.
  const from = record.segments.findIndex(({ kind, id }) => kind === 'archive' && isWanted(id))
  if (from < 0) return undefined
  const room = new PlanRoom()
  room.takeSegment(record.segments[from])
  const entries = room.takeLate(stragglersOf(record, from), record.overlay)
  return { groups: [{ from, to: from + 1, entries, ...SEALED_PAGE, why: 'rehydrate' }] }
}

/** The heat of what several units become together. */
export function joinHeat(heats: readonly Heat[]): Heat {
  return heats.reduce(addHeat, COLD_HEAT)
}

/**
 * Widens a range by archives beside it that are no larger than what they are merged with: each byte is then rewritten
 * a logarithmic number of times, and a session has few archives (size-tiered compaction).
 */
function absorbArchives(
  segments: readonly SegmentRef[],
  from: number,
  to: number,
  floor: number,
  options: TierOptions,
): readonly [number, number] {
  let bytes = segments.slice(from, to).reduce((sum, segment) => sum + segment.bytes, 0)
  let rawBytes = segments.slice(from, to).reduce((sum, segment) => sum + segment.rawBytes, 0)
  let [low, high] = [from, to]
  const fits = (segment: SegmentRef | undefined): segment is SegmentRef =>
    segment?.kind === 'archive' &&
    segment.bytes <= 2 * Math.max(bytes, SMALL_ARCHIVE_BYTES) &&
    segment.bytes + bytes <= options.archiveMaxBytes &&
    segment.rawBytes + rawBytes <= ARCHIVE_RAW_BYTES
  const absorb = (segment: SegmentRef): void => {
    bytes += segment.bytes
    rawBytes += segment.rawBytes
  }
  for (; low > floor && fits(segments[low - 1]); low--) absorb(segments[low - 1]!)
  for (; fits(segments[high]); high++) absorb(segments[high]!)
  return [low, high]
}

/** Below it an archive costs more as a document of its own than by being written again. */
const SMALL_ARCHIVE_BYTES = 16 * 1024

/** What came late, by the segment it belongs to. */
function stragglerGroups(record: SessionRecord, room: PlanRoom): Group[] {
  const groups: Group[] = []
  for (const [i, segment] of record.segments.entries()) {
    if (!room.isLeft) break
    const late = stragglersOf(record, i)
    if (late.length === 0) continue
    room.takeSegment(segment)
    const entries = room.takeLate(late, record.overlay)
    const { kind } = segment
    groups.push({ from: i, to: i + 1, entries, into: kind, maxRawBytes: rewrittenRawBytes(kind), why: 'seal' })
  }
  return groups
}

/** Most that a segment may hold which is written anew as what it is. */
export function rewrittenRawBytes(kind: SegmentRef['kind']): number {
  return kind === 'archive' ? ARCHIVE_RAW_BYTES : MERGED_PAGE_RAW_BYTES
}

function segmentStragglers(record: SessionRecord, from: number, to: number): readonly TailEntry[] {
  const above = record.segments[from - 1]?.last ?? ''
  const upTo = record.segments[to - 1]?.last ?? ''
  return to > from ? record.tail.filter(({ stamp }) => stamp > above && stamp <= upTo) : []
}

function keptCount(entries: readonly TailEntry[], maxItems: number, maxBytes: number): number {
  let count = 0
  for (let bytes = 0; count < entries.length && count < maxItems; count++) {
    bytes += Buffer.byteLength(entries[entries.length - 1 - count]!.body)
    if (bytes > maxBytes) break
  }
  return count
}
