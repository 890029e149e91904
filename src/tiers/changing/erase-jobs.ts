import { isThermoclineError, ThermoclineError } from '../../errors.ts'
import { publishStep } from '../../lib/trace.ts'
import { NEVER } from '../../memory/record.ts'
import {
  isSystemSession,
  type Owner,
  ownerGrave,
  ownerTag,
  type SessionKey,
  systemSession,
} from '../../memory/session.ts'
import { type BaseMemoryManager, callBase } from '../base-memory-manager.ts'
import type { LoadedRecord } from '../durable-store.ts'
import { everySession } from '../reading/every-session.ts'
import { newFence } from '../rewriting/fence.ts'
import type { Rewriter } from '../rewriting/rewriter.ts'
import type { TierParts } from '../tier-parts.ts'
import type { ChangePath } from './change-path.ts'

/** What became of erasing a user. Final after the second pass. */
export interface EraseReceipt {
  /** Leads to the receipt again. */
  readonly id: string
  readonly final: boolean
  /** Whose: the first 10 characters of all of the user's session keys, which are a hash. */
  readonly owner: string
  /** Known until the receipt is final; then they are erased too. */
  readonly tenantId?: string
  readonly userId?: string
  /** All times in milliseconds since 1970. What was added by then goes. */
  readonly requestedAt: number
  /** From then on no read returns anything of it. */
  readonly firstPassAt?: number
  /** A sweep removes by then, or soon after, what was written late. */
  readonly secondPassDueAt?: number
  readonly finalAt?: number
  readonly removed: { readonly sessions: number; readonly items: number; readonly segments: number }
  /** Where from. */
  readonly erasedFrom: readonly string[]
  /** Where copies may remain that this package has no hold of. */
  readonly outOfReach: readonly string[]
}

/** What is written down of an erase: as `about` of a session of our own. */
interface EraseJob {
  readonly kind: 'erase'
  readonly owner: string
  readonly tenantId?: string
  readonly userId?: string
  readonly requestedAt: number
  /** What is stamped by then goes: stamps of the process that asked may run ahead of its clock. */
  readonly upTo: number
  /** A base memory manager has to be asked too. */
  readonly base?: true
  readonly firstPassAt?: number
  readonly finalAt?: number
  readonly sessions: number
  readonly items: number
  readonly segments: number
}

/**
 * A write that its caller gave up on may still land: clients send for up to 10 minutes, see "timeouts" in the
 * documentation of each. The second pass comes when none can be under way any more.
 */
export const SECOND_PASS_MS: number = 20 * 60_000
/** A first pass that takes longer is taken for dead, and a sweep helps. */
const FIRST_PASS_MS = 60_000
const PAGE_SIZE = 100
const ERASED_FROM = ['tail', 'pages', 'archives', 'overlay', 'hot copies', 'caches', 'search index']

const NO_BASE =
  'Cannot finish the erase here: this process has no base memory manager, and the one that asked has; the next sweep there goes on'

/** Erases users in two passes, as a job that is written down first: a sweep goes on where a process has died. */
export class EraseJobs {
  readonly #parts: TierParts
  readonly #changes: ChangePath
  readonly #rewriter: Rewriter
  readonly #base: BaseMemoryManager | undefined
  /** Jobs whose second pass is done, but for what the files may still hold. */
  readonly #unscrubbed = new Set<SessionKey>()

  constructor(parts: TierParts, changes: ChangePath, rewriter: Rewriter, base: BaseMemoryManager | undefined) {
    this.#parts = parts
    this.#changes = changes
    this.#rewriter = rewriter
    this.#base = base
  }

  /** The first pass; the job is written down before anything is erased. */
  async start(owner: Owner): Promise<EraseReceipt> {
    const { durable, clock, stamps } = this.#parts
    const id = newFence()
    const { key } = systemSession(id)
    const requestedAt = clock.now()
    const nothing = { sessions: 0, items: 0, segments: 0 }
    const upTo = stamps.latest(ownerTag(owner), requestedAt)
    const base = this.#base === undefined ? {} : { base: true as const }
    const job: EraseJob = { kind: 'erase', owner: ownerTag(owner), ...owner, requestedAt, upTo, ...base, ...nothing }
    const giveUpAt = requestedAt + FIRST_PASS_MS
    await durable.append(systemSession(id), [], { reviewAt: giveUpAt, createdAt: requestedAt })
    const edits = { about: JSON.stringify(job), reviewAt: giveUpAt }
    const { changed } = await this.#rewriter.run(key, () => ({ edits, groups: [] }))
    if (!changed) throw new ThermoclineError('CONFLICT', 'Cannot erase user: the job was not written down; try again')
    publishStep('erase:written-down', key)
    try {
      return this.#receipt(id, await this.#firstPass(key, job, undefined))
    } catch (cause) {
      throw new ThermoclineError(
        'ERASE_UNFINISHED',
        'Cannot finish the erase now: a sweep goes on with it, from a minute later on',
        {
          cause,
          details: { receiptId: id },
        },
      )
    }
  }

  async receipt(id: string): Promise<EraseReceipt | undefined> {
    const record = await this.#parts.durable.load(systemSession(id).key)
    const job = record && jobOf(record)
    return job && this.#receipt(id, job)
  }

  /** What a sweep does for a session of our own. */
  async resume(record: LoadedRecord): Promise<void> {
    // Not due yet: the sweep looks at all there is.
    if (record.reviewAt > this.#parts.clock.now()) return
    const { key } = record.session
    const job = jobOf(record)
    // Its maker died before it had said what to erase, and has answered nobody.
    if (job === undefined) await this.#changes.erase(key)
    else if (job.firstPassAt === undefined) await this.#firstPass(key, job, job.upTo)
    else if (job.userId !== undefined) await this.#secondPass(key, job)
    else this.#unscrubbed.add(key)
  }

  /**
   * The end of a sweep: one scrub for all jobs whose second pass is done. Final only once the files too hold nothing of
   * it, the user's own ids in the job included.
   * @returns The jobs that have to wait for a later sweep
   */
  async settle(): Promise<readonly { readonly key: SessionKey; readonly error: unknown }[]> {
    const keys = [...this.#unscrubbed]
    this.#unscrubbed.clear()
    if (keys.length === 0) return []
    try {
      await this.#parts.durable.scrub?.()
    } catch (error) {
      return keys.map((key) => ({ key, error }))
    }
    const finalAt = this.#parts.clock.now()
    const outcomes = await Promise.allSettled(keys.map((key) => this.#goOn(key, NEVER, (job) => ({ ...job, finalAt }))))
    return outcomes.flatMap((outcome, i) =>
      outcome.status === 'rejected' ? [{ key: keys[i]!, error: outcome.reason as unknown }] : [],
    )
  }

  async #firstPass(key: SessionKey, job: EraseJob, upTo: number | undefined): Promise<EraseJob> {
    const owner = ownerOf(job)
    const grave = ownerGrave(owner)
    // First of all: what is on its way to a session that nobody has heard of must not make it.
    await this.#parts.durable.append(grave, [], { reviewAt: NEVER, createdAt: job.requestedAt })
    await this.#changes.erase(grave.key, job.upTo)
    const counted = await this.#eraseAll(owner, upTo, false)
    const base = this.#base
    if (base !== undefined) await callBase('erase', () => base.erase(owner))
    else if (job.base === true) throw new ThermoclineError('BASE_MEMORY_FAILED', NO_BASE)
    const firstPassAt = this.#parts.clock.now()
    const done = await this.#goOn(key, firstPassAt + SECOND_PASS_MS, (now) => ({ ...add(now, counted), firstPassAt }))
    publishStep('erase:first-pass', key)
    return done
  }

  async #secondPass(key: SessionKey, job: EraseJob): Promise<void> {
    const counted = await this.#eraseAll(ownerOf(job), job.upTo, true)
    // A process may have died before it told a shared hot tier, or late readers have left copies there.
    await this.#parts.hot.forgetOwner?.(job.owner)
    publishStep('erase:second-pass', key)
    await this.#goOn(key, this.#parts.clock.now(), (now) => {
      const { tenantId: _tenant, userId: _user, ...anonymous } = add(now, counted)
      return anonymous
    })
    this.#unscrubbed.add(key)
  }

  async #eraseAll(owner: Owner, upTo: number | undefined, keepAbout: boolean): Promise<Counted> {
    const counted = { sessions: 0, items: 0, segments: 0 }
    const errors: unknown[] = []
    for await (const key of everySession((cursor) => this.#parts.durable.list(owner, cursor, PAGE_SIZE))) {
      const removed = await this.#changes.erase(key, upTo, keepAbout).catch((error: unknown) => {
        if (isThermoclineError(error, 'STORE_UNAVAILABLE') || isThermoclineError(error, 'STORE_TIMEOUT')) throw error
        // One session that can't be erased now must not keep the others readable.
        errors.push(error)
        return undefined
      })
      if (removed === undefined) continue
      counted.sessions += 1
      counted.items += removed.items
      counted.segments += removed.segments
    }
    if (errors.length > 0) throw errors[0]
    return counted
  }

  /** Writes down how far the job has come, from what it says by then: two processes may be at it. */
  async #goOn(key: SessionKey, reviewAt: number, next: (job: EraseJob) => EraseJob): Promise<EraseJob> {
    let job: EraseJob | undefined
    const { lost } = await this.#rewriter.run(key, (record) => {
      job = jobOf(record)
      if (job === undefined || job.finalAt !== undefined) return undefined
      job = next(job)
      return { edits: { about: JSON.stringify(job), reviewAt }, groups: [] }
    })
    if (job !== undefined && !lost) return job
    throw new ThermoclineError('CONFLICT', 'Cannot write down an erase: others changed it at the same time; try again')
  }

  #receipt(id: string, job: EraseJob): EraseReceipt {
    const { sessions, items, segments, kind: _kind, upTo: _upTo, base, ...rest } = job
    const { capabilities } = this.#parts.durable
    return Object.freeze({
      id,
      final: job.finalAt !== undefined,
      ...rest,
      ...(job.firstPassAt !== undefined && { secondPassDueAt: job.firstPassAt + SECOND_PASS_MS }),
      removed: Object.freeze({ sessions, items, segments }),
      erasedFrom: Object.freeze(base === undefined ? ERASED_FROM : [...ERASED_FROM, 'base memory manager']),
      outOfReach: Object.freeze([
        ...capabilities.outOfReach,
        'the heap of other processes, until what they had read goes with their next use of it',
      ]),
    })
  }
}

type Counted = Pick<EraseJob, 'sessions' | 'items' | 'segments'>

function add(job: EraseJob, { sessions, items, segments }: Counted): EraseJob {
  return { ...job, sessions: job.sessions + sessions, items: job.items + items, segments: job.segments + segments }
}

function ownerOf({ tenantId, userId }: EraseJob): Owner {
  return { tenantId: tenantId!, userId: userId! }
}

function jobOf({ session, about }: LoadedRecord): EraseJob | undefined {
  if (!isSystemSession(session) || about === '') return undefined
  return JSON.parse(about) as EraseJob
}
