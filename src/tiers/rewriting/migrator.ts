import { isThermoclineError, ThermoclineError } from '../../errors.ts'
import { shown } from '../../lib/check-names.ts'
import { errorMessage } from '../../lib/error-message.ts'
import { NEVER } from '../../memory/record.ts'
import { isSystemKey, isSystemSession, type SessionKey, SHARD_COUNT } from '../../memory/session.ts'
import type { LoadedRecord } from '../durable-store.ts'
import type { TierParts } from '../tier-parts.ts'
import type { GroupOutcome } from './change-builder.ts'
import { planErased, planFold } from './fold-plan.ts'
import { applyEdits } from './record-edits.ts'
import { planRetention, planUnfinishedErase } from './retention.ts'
import { nextReview } from './review.ts'
import { planArchive, planMerge, planRehydrate, planSeal, type RecordHeat, type RewritePlan } from './rewrite-plan.ts'
import { type Planner, type Rewriter, recordHeat } from './rewriter.ts'

export interface MigrationOptions {
  /** Looks and reports, changes nothing. @default false */
  readonly dryRun?: boolean
  /** Looks at every session, not only at those that are due: for new options to reach old sessions. @default false */
  readonly all?: boolean
  /** Most sessions to look at. @default all that are due */
  readonly maxSessions?: number
  /** Ends the run after the session at hand; the report tells how far it came. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: MigrationProgress) => void
}

export interface MigrationProgress {
  readonly sessions: number
  readonly itemsMoved: number
  /** Shards that are done, of {@link MigrationProgress.shardCount}. */
  readonly shards: number
  readonly shardCount: number
}

export interface Moved {
  readonly items: number
  /** As JSON bodies. */
  readonly rawBytes: number
  /** As stored; 0 in a dry run, which compresses nothing. */
  readonly bytes: number
}

/** What a sweep did, or would do. */
export interface MigrationReport {
  readonly dryRun: boolean
  /** False where `maxSessions` or `signal` ended it early. */
  readonly finished: boolean
  /** Looked at. */
  readonly sessions: number
  /** Of those, put off with a growing delay since they failed. */
  readonly failed: number
  /** Why, for the first ten of them. */
  readonly failures: readonly { readonly sessionKey: string; readonly code: string; readonly message: string }[]
  /** From tails to pages. */
  readonly sealed: Moved
  /** To archives. */
  readonly archived: Moved
  /** From pages to fewer pages. */
  readonly merged: Moved
  /** Rewritten without what was edited, deleted or kept long enough. */
  readonly folded: Moved
  /** From archives back to pages. */
  readonly rehydrated: Moved
  /** JSON bytes over stored bytes of all that was moved; 0 where nothing was, and in a dry run. */
  readonly ratio: number
  readonly durationMs: number
}

const PAGE_SIZE = 100
/** Rewrites of one session in one sweep. Each takes what fits a commit; what is left then is the next sweep's. */
const MAX_STEPS = 1000
const FIRST_DELAY_MS = 60_000
const MAX_FAILURES = 10
const MAX_DELAY_MS = 86_400_000

/** Work that is written down in sessions of our own. */
export interface Jobs {
  resume(record: LoadedRecord): Promise<void>
  /** After the last of a sweep. @returns what has to wait for a later one */
  settle(): Promise<readonly { readonly key: SessionKey; readonly error: unknown }[]>
}

/** Sweeps the sessions that are due and moves their units to where the placement rule wants them. */
export class Migrator {
  readonly #parts: TierParts
  readonly #rewriter: Rewriter
  readonly #jobs: Jobs

  constructor(parts: TierParts, rewriter: Rewriter, jobs: Jobs) {
    this.#jobs = jobs
    this.#parts = parts
    this.#rewriter = rewriter
  }

  async run(options: MigrationOptions = {}): Promise<MigrationReport> {
    const { maxSessions = Number.POSITIVE_INFINITY } = options
    if (!(typeof maxSessions === 'number' && maxSessions >= 1)) {
      throw new ThermoclineError(
        'INVALID_ARGUMENT',
        `Cannot run migration: maxSessions: expected a number from 1: received ${shown(maxSessions)}`,
      )
    }
    // The true time that it takes, whatever clock decides what is due.
    const startedAt = performance.now()
    const tally = new Tally()
    const finished = await this.#sweep(options, maxSessions, tally)
    // Also where it ended early: what a job has done so far must not wait for the rest.
    for (const { key, error } of await this.#jobs.settle()) {
      tally.fail(key, error)
      await this.#putOff(key)
    }
    return tally.report(options, finished, performance.now() - startedAt)
  }

  /** False where it ended early. */
  async #sweep(options: MigrationOptions, maxSessions: number, tally: Tally): Promise<boolean> {
    const { clock, durable } = this.#parts
    // Nothing is due later than never.
    const dueBy = options.all === true ? NEVER : clock.now()
    const tellProgress = (shards: number): void => {
      options.onProgress?.({ sessions: tally.sessions, itemsMoved: tally.itemsMoved, shards, shardCount: SHARD_COUNT })
    }
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
        const page = await durable.due(shard, dueBy, cursor, PAGE_SIZE)
        cursor = page.cursor
        for (const { key } of page.sessions) {
          if (tally.sessions >= maxSessions || options.signal?.aborted) return false
          await this.#session(key, tally, options.dryRun === true)
          tellProgress(shard)
        }
      }
    }
    tellProgress(SHARD_COUNT)
    return true
  }

  async #session(key: SessionKey, tally: Tally, dryRun: boolean): Promise<void> {
    tally.sessions += 1
    try {
      const job = isSystemKey(key) ? await this.#parts.durable.load(key, { withFence: true }) : undefined
      if (job !== undefined && isSystemSession(job.session)) {
        // A job's time is its own: late writes may still be under way, however much a caller wants to look at all.
        if (!dryRun && job.reviewAt <= this.#parts.clock.now()) await this.#jobs.resume(job)
      } else if (dryRun) await this.#look(key, tally)
      else await this.#move(key, tally)
    } catch (error) {
      // One bad session must not keep the others from their turn.
      tally.fail(key, error)
      if (!dryRun) await this.#putOff(key)
    }
  }

  async #move(key: SessionKey, tally: Tally): Promise<void> {
    const planner: Planner = (record, heat, now) => sweepPlan(this.#parts, record, heat, now)
    for (let step = 0; step < MAX_STEPS; step++) {
      const outcome = await this.#rewriter.run(key, planner)
      if (!outcome.changed) return this.#settle(key)
      for (const group of outcome.groups) tally.add(group)
    }
  }

  /** Nothing is left to do now: says when there will be. */
  async #settle(key: SessionKey): Promise<void> {
    const { durable } = this.#parts
    const record = await durable.load(key, { withFence: true })
    if (record === undefined) return
    const heat = recordHeat(this.#parts, record)
    const now = this.#parts.clock.now()
    // What could not be brought back for want of memory stays due.
    const waits = this.#parts.relief.refuses('rehydration') && planRehydrate(record, heat, this.#parts.options, now)
    const at = waits ? now : nextReview(record, heat.tail, this.#parts)
    if (at !== record.reviewAt || record.failures > 0)
      await durable.touch(key, { reviewAt: { at, n: record.n, fence: record.fence! }, failures: 0 })
  }

  async #look(key: SessionKey, tally: Tally): Promise<void> {
    const { durable, clock } = this.#parts
    const record = await durable.load(key)
    if (record === undefined) return
    const plan = sweepPlan(this.#parts, record, recordHeat(this.#parts, record), clock.now())
    const left = plan?.edits === undefined ? record : applyEdits(record, plan.edits)
    for (const group of plan?.groups ?? []) tally.add(estimate(left, group))
  }

  async #putOff(key: SessionKey): Promise<void> {
    const { durable, clock } = this.#parts
    const record = await durable.load(key, { newest: 1, withFence: true }).catch(() => undefined)
    if (record === undefined) return
    const delay = Math.min(FIRST_DELAY_MS * 2 ** record.failures, MAX_DELAY_MS)
    await durable
      .touch(key, {
        failures: record.failures + 1,
        reviewAt: { at: clock.now() + delay, n: record.n, fence: record.fence! },
      })
      .catch(() => undefined)
  }
}

/** What a sweep does to a session, the most worthwhile first. */
function sweepPlan(parts: TierParts, record: LoadedRecord, heat: RecordHeat, now: number): RewritePlan | undefined {
  const edits = planRetention(record, parts, now) ?? planUnfinishedErase(record, parts)
  if (edits !== undefined) return { edits, groups: planErased(applyEdits(record, edits)) }
  // A deleted item that was sent again is in the tail once more, out of sight.
  const dropTail = record.tail.filter(({ stamp }) => record.overlay.get(stamp)?.kind === 'deleted')
  if (dropTail.length > 0 || planFold(record).length > 0)
    return { edits: { dropTail }, groups: planFold(applyEdits(record, { dropTail })) }
  const { options, relief } = parts
  return (
    planArchive(record, heat, options, now) ??
    (relief.refuses('rehydration') ? undefined : planRehydrate(record, heat, options, now)) ??
    planSeal(record, options) ??
    planMerge(record)
  )
}

function estimate(record: LoadedRecord, group: RewritePlan['groups'][number]): GroupOutcome {
  const segments = record.segments.slice(group.from, group.to)
  const bodies = group.entries.map(({ body }) => Buffer.byteLength(body))
  return {
    why: group.why,
    items: segments.reduce((sum, { items }) => sum + items, 0) + bodies.length,
    rawBytes: segments.reduce((sum, { rawBytes }) => sum + rawBytes, 0) + bodies.reduce((sum, bytes) => sum + bytes, 0),
    bytes: 0,
  }
}

class Tally {
  sessions = 0
  failed = 0
  readonly #failures: MigrationReport['failures'][number][] = []
  readonly #moved = { seal: nothing(), merge: nothing(), archive: nothing(), rehydrate: nothing(), fold: nothing() }

  fail(sessionKey: string, error: unknown): void {
    this.failed += 1
    if (this.#failures.length >= MAX_FAILURES) return
    const code = isThermoclineError(error) ? error.code : 'STORE_FAILED'
    this.#failures.push(Object.freeze({ sessionKey, code, message: errorMessage(error) }))
  }

  get itemsMoved(): number {
    return Object.values(this.#moved).reduce((sum, { items }) => sum + items, 0)
  }

  add({ why, items, rawBytes, bytes }: GroupOutcome): void {
    const moved = this.#moved[why]
    moved.items += items
    moved.rawBytes += rawBytes
    moved.bytes += bytes
  }

  report(options: MigrationOptions, finished: boolean, durationMs: number): MigrationReport {
    const all = Object.values(this.#moved)
    const bytes = all.reduce((sum, moved) => sum + moved.bytes, 0)
    const rawBytes = all.reduce((sum, moved) => sum + moved.rawBytes, 0)
    return Object.freeze({
      dryRun: options.dryRun === true,
      finished,
      sessions: this.sessions,
      failed: this.failed,
      failures: Object.freeze([...this.#failures]),
      sealed: Object.freeze(this.#moved.seal),
      archived: Object.freeze(this.#moved.archive),
      merged: Object.freeze(this.#moved.merge),
      folded: Object.freeze(this.#moved.fold),
      rehydrated: Object.freeze(this.#moved.rehydrate),
      ratio: bytes > 0 ? rawBytes / bytes : 0,
      durationMs,
    })
  }
}

function nothing(): { items: number; rawBytes: number; bytes: number } {
  return { items: 0, rawBytes: 0, bytes: 0 }
}
