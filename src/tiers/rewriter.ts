import { isThermoclineError } from '../errors.ts'
import { publishStep } from '../lib/trace.ts'
import { COLD_HEAT, type Heat } from '../memory/heat.ts'
import { decodeBody } from '../memory/item-body.ts'
import type { OverlayChange, SegmentRef, TailEntry } from '../memory/record.ts'
import type { SegmentContent } from '../memory/segment-format/index.ts'
import type { SessionKey } from '../memory/session.ts'
import { isErased, type Stamp } from '../memory/stamp.ts'
import type { LoadedRecord, StructuralChange } from './durable-store.ts'
import { mergeStragglers, type Placed } from './record-runs.ts'
import { type Group, joinHeat, nextReview, type RecordHeat, type RewritePlan } from './rewrite-plan.ts'
import { verifySegments, type WrittenSegment, writeSegments } from './segment-writer.ts'
import { TAIL_UNIT } from './session-copy.ts'
import type { TierParts } from './tier-parts.ts'

/** What a session needs now, or undefined for nothing. */
export type Planner = (record: LoadedRecord, heat: RecordHeat, now: number) => RewritePlan | undefined

export interface RewriteOutcome {
  /** False where there was nothing to do. */
  readonly changed: boolean
  /** How many segments the session has now; 0 where nothing was changed. */
  readonly segments: number
  readonly groups: readonly GroupOutcome[]
}

export interface GroupOutcome {
  readonly why: Group['why']
  readonly items: number
  /** As JSON bodies. */
  readonly rawBytes: number
  /** As stored. */
  readonly bytes: number
}

/** Commits that lose to another structural commit are planned anew so often; then the next sweep goes on. */
const MAX_ATTEMPTS = 4
/** A session's only segment, if no larger, lies in the record itself: one write, no further document. */
const MAX_INLINE_BYTES = 64 * 1024
const NOTHING: RewriteOutcome = Object.freeze({ changed: false, segments: 0, groups: [] })

/** Carries out rewrites of one session, each as one structural commit under the session's fence. */
export class Rewriter {
  readonly #parts: TierParts
  /** In this process, one rewrite of a session at a time: they would only make each other start over. */
  readonly #running = new Map<SessionKey, Promise<RewriteOutcome>>()

  constructor(parts: TierParts) {
    this.#parts = parts
  }

  async run(key: SessionKey, planner: Planner): Promise<RewriteOutcome> {
    for (let other = this.#running.get(key); other !== undefined; other = this.#running.get(key)) {
      await other.catch(() => undefined)
    }
    const running = this.#attempt(key, planner)
    this.#running.set(key, running)
    try {
      return await running
    } finally {
      this.#running.delete(key)
    }
  }

  async #attempt(key: SessionKey, planner: Planner): Promise<RewriteOutcome> {
    const { durable, hot, ledger, clock } = this.#parts
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const record = await durable.load(key, { withFence: true })
      if (record === undefined) return NOTHING
      const plan = planner(record, this.#heatOf(record), clock.now())
      if (plan === undefined) return NOTHING
      // Looked at again: a planner may have counted reads, as promoting does.
      const heat = this.#heatOf(record)
      publishStep('rewrite:planned', key)
      try {
        const { change, groups } = await this.#build(record, heat, plan)
        publishStep('rewrite:before-commit', key)
        if (!(await this.#commit(record, change))) continue
        publishStep('rewrite:committed', key)
        await hot.forget(key)
        ledger.drop(key)
        publishStep('rewrite:copies-dropped', key)
        return { changed: true, segments: change.segments?.length ?? 0, groups }
      } catch (error) {
        // Somebody else has rewritten the session meanwhile.
        if (!isThermoclineError(error, 'SEGMENT_MISSING') || attempt === MAX_ATTEMPTS) throw error
      }
    }
    return NOTHING
  }

  async #build(
    record: LoadedRecord,
    heat: RecordHeat,
    plan: RewritePlan,
  ): Promise<{ change: StructuralChange; groups: GroupOutcome[] }> {
    const segments: SegmentRef[] = []
    const put: { id: string; bytes: Uint8Array }[] = []
    const remove: string[] = []
    const groups: GroupOutcome[] = []
    const overlay = new Map(record.overlay)
    let next = 0
    for (const group of plan.groups) {
      segments.push(...record.segments.slice(next, group.from))
      next = group.to
      const written = await this.#rewriteGroup(record, heat, group, overlay)
      segments.push(...written.map(({ ref }) => ref))
      put.push(...written.map(({ ref, bytes }) => ({ id: ref.id, bytes })))
      remove.push(...record.segments.slice(group.from, group.to).map(({ id }) => id))
      groups.push(outcomeOf(group, written))
    }
    segments.push(...record.segments.slice(next))
    const dropTail = plan.groups.flatMap(({ entries }) => entries)
    return { change: this.#change(record, heat, { segments, put, remove, dropTail, overlay }), groups }
  }

  async #rewriteGroup(
    record: LoadedRecord,
    heat: RecordHeat,
    group: Group,
    overlay: Map<Stamp, OverlayChange>,
  ): Promise<readonly WrittenSegment[]> {
    const { segments, options, clock } = this.#parts
    const key = record.session.key
    const sources = await Promise.all(record.segments.slice(group.from, group.to).map((ref) => segments.read(key, ref)))
    publishStep('rewrite:sources-read', key)
    const joined: SegmentContent = {
      entries: sources.flatMap(({ entries }) => entries),
      gone: sources.flatMap(({ gone }) => gone),
    }
    const above = record.segments[group.from - 1]?.last ?? ''
    const upTo = [record.segments[group.to - 1]?.last ?? '', group.entries.at(-1)?.stamp ?? ''].sort()[1]!
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

  #change(
    record: LoadedRecord,
    heat: RecordHeat,
    made: Required<Pick<StructuralChange, 'segments' | 'put' | 'remove' | 'dropTail' | 'overlay'>>,
  ): StructuralChange {
    const tailItems = record.tail.length - made.dropTail.length
    const tailHeat = tailItems > 0 ? heat.tail : COLD_HEAT
    const only = made.segments.length === 1 ? made.put.find(({ id }) => id === made.segments[0]!.id) : undefined
    const inline =
      only !== undefined && only.bytes.byteLength <= MAX_INLINE_BYTES && made.segments[0]!.kind === 'archive'
    const written = new Set(made.put.map(({ id }) => id))
    const segments = made.segments.map((ref) => {
      if (inline && ref.id === only.id) return { ...ref, inline: only.bytes }
      // What is not rewritten takes the reads along that were not written down yet.
      return written.has(ref.id)
        ? ref
        : { ...ref, heat: heat.segments[record.segments.findIndex(({ id }) => id === ref.id)]! }
    })
    return {
      n: record.n,
      segments,
      put: inline ? [] : made.put,
      remove: made.remove,
      dropTail: made.dropTail,
      overlay: made.overlay,
      tailHeat,
      reviewAt: nextReview(
        segments,
        { items: tailItems, newestAt: record.updatedAt, heat: tailHeat },
        this.#parts.options,
      ),
    }
  }

  /** True if committed; an outcome that is unclear is settled by what the record shows. */
  async #commit(record: LoadedRecord, change: StructuralChange): Promise<boolean> {
    const { durable } = this.#parts
    try {
      return (await durable.commit(record.session.key, record.fence!, change)).kind === 'committed'
    } catch (error) {
      if (!isThermoclineError(error, 'STORE_TIMEOUT') && !isThermoclineError(error, 'STORE_UNAVAILABLE')) throw error
      const now = await durable.load(record.session.key, { withFence: true, newest: 1 })
      if (now === undefined || now.fence === record.fence) throw error
      const ids = new Set(now.segments.map(({ id }) => id))
      return (change.segments ?? []).every(({ id }) => ids.has(id))
    }
  }

  #heatOf(record: LoadedRecord): RecordHeat {
    const { ledger } = this.#parts
    const key = record.session.key
    return {
      tail: ledger.heatOf(key, TAIL_UNIT, record.tailHeat),
      segments: record.segments.map(({ id, heat }) => ledger.heatOf(key, id, heat)),
    }
  }
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
  const ofSegments = heat.segments.slice(group.from, group.to)
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
