import { publishStep } from '../../lib/trace.ts'
import { COLD_HEAT, type Heat } from '../../memory/heat.ts'
import { decodeBody } from '../../memory/item-body.ts'
import type { OverlayChange, SegmentRef, TailEntry } from '../../memory/record.ts'
import type { SegmentContent } from '../../memory/segment-format/index.ts'
import { isErased, type Stamp } from '../../memory/stamp.ts'
import type { LoadedRecord, StructuralChange } from '../durable-store.ts'
import { mergeStragglers, type Placed } from '../reading/record-runs.ts'
import type { TierParts } from '../tier-parts.ts'
import { newFence } from './fence.ts'
import { applyEdits } from './record-edits.ts'
import { nextReview } from './review.ts'
import { type Group, joinHeat, type RecordHeat, type RewritePlan } from './rewrite-plan.ts'
import { verifySegments, type WrittenSegment, writeSegments } from './segment-writer.ts'

export interface GroupOutcome {
  readonly why: Group['why']
  readonly items: number
  /** As JSON bodies. */
  readonly rawBytes: number
  /** As stored. */
  readonly bytes: number
}

export interface BuiltChange {
  readonly change: StructuralChange & Required<Pick<StructuralChange, 'segments' | 'remove'>>
  readonly groups: readonly GroupOutcome[]
}

/** A session's only segment, if no larger, lies in the record itself: one write, no further document. */
const MAX_INLINE_BYTES = 64 * 1024

/** Carries out a plan on what was loaded, up to the commit: reads, packs and verifies what it rewrites. */
export async function buildChange(
  parts: TierParts,
  loaded: LoadedRecord,
  heat: RecordHeat,
  plan: RewritePlan,
): Promise<BuiltChange> {
  const { edits } = plan
  const record = edits === undefined ? loaded : applyEdits(loaded, edits)
  const overlay = new Map(record.overlay)
  const segments: SegmentRef[] = []
  const put: { id: string; bytes: Uint8Array }[] = []
  const groups: GroupOutcome[] = []
  let next = 0
  for (const group of plan.groups) {
    segments.push(...record.segments.slice(next, group.from))
    next = group.to
    const written = await rewriteGroup(parts, record, heat, group, overlay)
    segments.push(...written.map(({ ref }) => ref))
    put.push(...written.map(({ ref, bytes }) => ({ id: ref.id, bytes })))
    groups.push(outcomeOf(group, written))
  }
  segments.push(...record.segments.slice(next))
  const packed = new Set(plan.groups.flatMap(({ entries }) => entries))
  const tail = record.tail.filter((entry) => !packed.has(entry))
  const settled = withInline(segments, put, heat)
  const left: LoadedRecord = { ...record, tail, segments: settled.segments, overlay }
  return { change: changeOf(parts, loaded, left, heat, plan, settled.put), groups }
}

function changeOf(
  parts: TierParts,
  loaded: LoadedRecord,
  left: LoadedRecord,
  heat: RecordHeat,
  { edits }: RewritePlan,
  put: NonNullable<StructuralChange['put']>,
): BuiltChange['change'] {
  const added = edits?.addTail ?? []
  const kept = new Set(left.tail)
  const keptIds = new Set(left.segments.map(({ id }) => id))
  const tailHeat = left.tail.length > 0 ? heat.tail : COLD_HEAT
  const reviewed: LoadedRecord =
    added.length === 0
      ? left
      : {
          ...left,
          tail: [...left.tail, ...added],
          updatedAt: added.reduce((newest, { createdAt }) => Math.max(newest, createdAt), left.updatedAt),
        }
  return {
    n: loaded.n,
    nextFence: newFence(),
    segments: left.segments,
    put,
    remove: loaded.segments.filter(({ id }) => !keptIds.has(id)).map(({ id }) => id),
    dropTail: loaded.tail.filter((entry) => !kept.has(entry)),
    overlay: left.overlay,
    tailHeat,
    reviewAt: edits?.reviewAt ?? nextReview(reviewed, tailHeat, parts),
    ...(added.length > 0 && { addTail: added }),
    // Where something was appended meanwhile, the record stays, and nothing else of it.
    ...(edits?.bury === true ? { about: '' } : edits?.about !== undefined && { about: edits.about }),
    ...(edits?.erasedTo !== undefined && { erasedTo: edits.erasedTo }),
    ...(edits?.onlyIfN !== undefined && { onlyIfN: edits.onlyIfN }),
    ...(edits?.bury !== undefined && { bury: edits.bury }),
  }
}

async function rewriteGroup(
  { segments, options, clock }: TierParts,
  record: LoadedRecord,
  heat: RecordHeat,
  group: Group,
  overlay: Map<Stamp, OverlayChange>,
): Promise<readonly WrittenSegment[]> {
  const { key } = record.session
  const sources = await Promise.all(record.segments.slice(group.from, group.to).map((ref) => segments.read(key, ref)))
  publishStep('rewrite:sources-read', key)
  const joined: SegmentContent = {
    entries: sources.flatMap(({ entries }) => entries),
    gone: sources.flatMap(({ gone }) => gone),
  }
  const above = record.segments[group.from - 1]?.last ?? ''
  const ends = [record.segments[group.to - 1]?.last, group.entries.at(-1)?.stamp, group.upTo]
  const upTo = ends.reduce<string>((latest, end) => (end !== undefined && end > latest ? end : latest), '')
  const changes = [...overlay].filter(([stamp]) => stamp > above && stamp <= upTo)
  for (const [stamp] of changes) overlay.delete(stamp)
  const content = settle(joined, group.entries, new Map(changes), record.erasedTo, clock.now())
  if (content.entries.length === 0 && content.gone.length === 0) return []
  const isArchive = group.into === 'archive'
  const written = await writeSegments(
    content,
    group.into,
    !isArchive || options.enableCompression,
    { maxBytes: options.archiveMaxBytes, maxRawBytes: group.maxRawBytes },
    heatOfGroup(record, heat, group),
  )
  publishStep('rewrite:encoded', key)
  await verifySegments(content, written)
  publishStep('rewrite:verified', key)
  return written
}

/** What was written lies in the record where it is small enough, and what was not takes along the reads of late. */
function withInline(
  segments: readonly SegmentRef[],
  put: NonNullable<StructuralChange['put']>,
  heat: RecordHeat,
): { readonly segments: readonly SegmentRef[]; readonly put: NonNullable<StructuralChange['put']> } {
  const written = new Map(put.map(({ id, bytes }) => [id, bytes]))
  const only = segments.length === 1 ? written.get(segments[0]!.id) : undefined
  const isInline = only !== undefined && only.byteLength <= MAX_INLINE_BYTES && segments[0]!.kind === 'archive'
  if (isInline) return { segments: [{ ...segments[0]!, inline: only }], put: [] }
  const refs = segments.map((ref) => (written.has(ref.id) ? ref : { ...ref, heat: heat.segments.get(ref.id)! }))
  return { segments: refs, put }
}

/** What becomes of a group's items: edits applied, deleted and expired ones gone, latecomers at their places. */
function settle(
  joined: SegmentContent,
  added: readonly TailEntry[],
  changes: ReadonlyMap<Stamp, OverlayChange>,
  erasedTo: number,
  now: number,
): SegmentContent {
  const gone = new Set(joined.gone.filter((stamp) => !isErased(stamp, erasedTo)))
  for (const [stamp, change] of changes) if (change.kind === 'deleted') gone.add(stamp)
  const entries = mergeStragglers(joined, added).flatMap((placed): Placed[] => {
    const { stamp } = placed
    if (isErased(stamp, erasedTo) || gone.has(stamp)) return []
    const change = changes.get(stamp)
    const seen = change?.kind === 'edited' ? { stamp, body: decodeBody(change.body) } : placed
    if (seen.body.expiresAt === undefined || seen.body.expiresAt > now) return [seen]
    // Its stamp is kept, so that sending it again does not bring it back.
    gone.add(stamp)
    return []
  })
  return { entries, gone: [...gone].sort() }
}

function heatOfGroup(record: LoadedRecord, heat: RecordHeat, group: Group): Heat {
  const ofSegments = record.segments.slice(group.from, group.to).map(({ id }) => heat.segments.get(id)!)
  const takesWholeTail =
    group.into === 'archive' && group.entries.length > 0 && group.entries.at(-1) === record.tail.at(-1)
  return joinHeat(takesWholeTail ? [...ofSegments, heat.tail] : ofSegments)
}

function outcomeOf(group: Group, written: readonly WrittenSegment[]): GroupOutcome {
  return {
    why: group.why,
    items: written.reduce((sum, { ref }) => sum + ref.items, 0),
    rawBytes: written.reduce((sum, { ref }) => sum + ref.rawBytes, 0),
    bytes: written.reduce((sum, { ref }) => sum + ref.bytes, 0),
  }
}
