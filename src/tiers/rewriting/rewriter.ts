import { isThermoclineError } from '../../errors.ts'
import { publishStep } from '../../lib/trace.ts'
import type { SessionKey } from '../../memory/session.ts'
import type { LoadedRecord, StructuralChange } from '../durable-store.ts'
import { TAIL_UNIT } from '../placement/units.ts'
import type { TierParts } from '../tier-parts.ts'
import { buildChange, type GroupOutcome } from './change-builder.ts'
import { planSeal, type RecordHeat, type RewritePlan } from './rewrite-plan.ts'

/** What a session needs now, or undefined for nothing. Called again after each commit that lost to another one. */
export type Planner = (
  record: LoadedRecord,
  heat: RecordHeat,
  now: number,
) => RewritePlan | undefined | Promise<RewritePlan | undefined>

export interface RewriteOutcome {
  /** False where there was nothing to do, or where it is `lost`. */
  readonly changed: boolean
  /** Others have changed the session each time: nothing was done. */
  readonly lost: boolean
  /** How many segments the session has now; 0 where nothing was changed. */
  readonly segments: number
  readonly groups: readonly GroupOutcome[]
}

/** Commits that lose to another structural commit are planned anew so often; the next sweep goes on. */
const MAX_ATTEMPTS = 4
const NOTHING: RewriteOutcome = Object.freeze({ changed: false, lost: false, segments: 0, groups: [] })

/** Carries out plans for one session, each as one structural commit under the session's fence. */
export class Rewriter {
  readonly #parts: TierParts
  readonly #onErase: (key: SessionKey) => void
  /** In this process, one rewrite of a session at a time: they would only make each other start over. */
  readonly #running = new Map<SessionKey, Promise<RewriteOutcome>>()
  readonly #makeRoom: Planner = (record) => planSeal(record, this.#parts.options)

  /** `onErase` hears of each commit that erased something, after the copies were dropped. */
  constructor(parts: TierParts, onErase: (key: SessionKey) => void) {
    this.#parts = parts
    this.#onErase = onErase
  }

  async run(key: SessionKey, planner: Planner, maxAttempts: number = MAX_ATTEMPTS): Promise<RewriteOutcome> {
    for (let other = this.#running.get(key); other !== undefined; other = this.#running.get(key)) {
      await other.catch(() => undefined)
    }
    const running = this.#attempt(key, planner, maxAttempts)
    this.#running.set(key, running)
    try {
      return await running
    } finally {
      this.#running.delete(key)
    }
  }

  async #attempt(key: SessionKey, planner: Planner, maxAttempts: number): Promise<RewriteOutcome> {
    const { durable, clock } = this.#parts
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const record = await durable.load(key, { withFence: true })
      if (record === undefined) return NOTHING
      try {
        const plan = await planner(record, this.#heatOf(record), clock.now())
        if (plan === undefined) return NOTHING
        publishStep('rewrite:planned', key)
        // Looked at again: a planner may have counted reads, as promoting does.
        const { change, groups } = await buildChange(this.#parts, record, this.#heatOf(record), plan)
        publishStep('rewrite:before-commit', key)
        if (!(await this.#commit(record, change, plan))) continue
        publishStep('rewrite:committed', key)
        await this.#dropCopies(key, change.remove)
        if (plan.edits?.erasedTo !== undefined) this.#onErase(key)
        publishStep('rewrite:copies-dropped', key)
        return { changed: true, lost: false, segments: change.segments.length, groups }
      } catch (error) {
        if (attempt === maxAttempts) throw error
        if (isThermoclineError(error, 'RECORD_FULL') && planner !== this.#makeRoom) {
          const { changed, lost } = await this.#attempt(key, this.#makeRoom, 1)
          if (!changed && !lost) throw error
          // Otherwise somebody else has rewritten the session meanwhile.
        } else if (!isThermoclineError(error, 'SEGMENT_MISSING')) throw error
      }
    }
    return { ...NOTHING, lost: true }
  }

  async #dropCopies(key: SessionKey, removed: readonly string[]): Promise<void> {
    const { hot, segments, ledger } = this.#parts
    await hot.forget(key)
    await segments.drop(key, removed)
    ledger.drop(key)
  }

  /** True if committed; an outcome that is unclear is settled by the fence, also where a conflict may be with ourselves. */
  async #commit(record: LoadedRecord, change: StructuralChange, { edits }: RewritePlan): Promise<boolean> {
    const { durable, hot } = this.#parts
    const { key } = record.session
    try {
      const { kind } = await durable.commit(key, record.fence!, change)
      if (kind === 'committed') return true
      // A client that had no reply sends again by itself, and is told of a conflict with what it did.
      return isOutcome(await durable.load(key, { withFence: true, newest: 1 }), change)
    } catch (error) {
      // It may have been written all the same, now or later: no copy must go on without it.
      await hot.forget(key)
      if (!isThermoclineError(error, 'STORE_TIMEOUT') && !isThermoclineError(error, 'STORE_UNAVAILABLE')) throw error
      // Others were in the way, and nothing was done.
      if (error.details.contended === true && error.details.written === false) return false
      const now = await durable.load(key, { withFence: true, newest: 1 })
      if (isOutcome(now, change)) return true
      // Either nothing was written yet, or others have committed since: a mere rewrite can be planned anew, an edit
      // might be done twice.
      if (now === undefined || now.fence === record.fence || edits !== undefined) throw error
      return false
    }
  }

  #heatOf(record: LoadedRecord): RecordHeat {
    return recordHeat(this.#parts, record)
  }
}

/** Whether a record is as a commit leaves it. */
function isOutcome(record: LoadedRecord | undefined, { bury, nextFence }: StructuralChange): boolean {
  return record === undefined ? bury === true : record.fence === nextFence
}

/** Heat of each unit of a record, with the reads that are not written down yet. */
export function recordHeat({ ledger }: TierParts, record: LoadedRecord): RecordHeat {
  const { key } = record.session
  return {
    tail: ledger.heatOf(key, TAIL_UNIT, record.tailHeat),
    segments: new Map(record.segments.map(({ id, heat }) => [id, ledger.heatOf(key, id, heat)])),
  }
}
