import { ThermoclineError } from '../../errors.ts'
import type { Clock } from '../../lib/clock.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { throwIfAborted } from '../abort.ts'
import { failureOf, type ServiceFailure } from '../service-failure.ts'
import { within } from '../within.ts'
import { Coverage } from './coverage.ts'
import { isUntrusted } from './item-origin.ts'
import type { Summarizer, Summary } from './summarizer.ts'
import { type MadeSummary, newSummaryItem, readSummary, type SummaryAddress } from './summary-item.ts'
import type { SummaryMemory } from './summary-memory.ts'

export interface RollingSummaryOptions {
  readonly summarizer: Summarizer
  /** Takes over where the summarizer fails; it never does itself. */
  readonly fallback: Summarizer
  /** Whether an item may go into a summary. */
  readonly mayCover: (item: MemoryItem) => boolean
  /** Longest time for one summary by the summarizer. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/** A session whose summary is asked for, with what of its history there is. */
export interface SummarySession {
  readonly address: SummaryAddress
  /** Where summaries are stored. Without one they live as long as the pruner, and as long as they are used. */
  readonly memory: SummaryMemory | undefined
  /** What may be hidden, oldest first. */
  readonly candidates: readonly MemoryItem[]
  /** Summaries that were found in the history. */
  readonly found: readonly MemoryItem[]
  /** Nothing of the session comes before the history. */
  readonly isWhole: boolean
  readonly signal: AbortSignal | undefined
}

/** The summary that a session has, compared with its history. */
export interface StandingSummary {
  readonly summary: MadeSummary | undefined
  /** Indexes of covered candidates. */
  readonly covered: ReadonlySet<number>
  /** Covered items that are not in the history: it begins later, or is a view. */
  readonly absent: number
  /** All candidates from there on are not covered. */
  readonly end: number
  /** Why the summary stands in for one of the summarizer. */
  readonly failure: ServiceFailure | undefined
  readonly isStored: boolean
}

export interface Extension {
  /** Candidates before this index are to be covered. */
  readonly cut: number
  /** Tokens that the summary may have. */
  readonly maxTokens: number
}

export const NOTHING_STANDS: StandingSummary = Object.freeze({
  summary: undefined,
  covered: new Set<number>(),
  absent: 0,
  end: 0,
  failure: undefined,
  isStored: false,
})

/** A summary that was made in this process. */
interface Kept {
  readonly summary: MadeSummary
  readonly isStored: boolean
  readonly failure: ServiceFailure | undefined
  /** Where a fallback took over: what the model had made before, and is to go on from. */
  readonly base: MadeSummary | undefined
}

const MAX_KEPT = 500

/**
 * One summary for each session, extended by what is new, made anew when something that it covers was deleted or edited.
 * Where the summarizer fails, an extractive summary stands in, which is not stored; the next extension tries again.
 */
export class RollingSummaries {
  readonly #options: RollingSummaryOptions
  readonly #kept = new Map<string, Kept>()
  readonly #underWay = new Map<string, Promise<unknown>>()

  constructor(options: RollingSummaryOptions) {
    this.#options = options
  }

  /** Whether a summary of that session was made in this process. */
  knows(address: SummaryAddress): boolean {
    return this.#kept.has(keyOf(address))
  }

  /** Does `work` when nobody else in this process is at work on the summary of that session. */
  async alone<T>(address: SummaryAddress, work: () => Promise<T>): Promise<T> {
    const key = keyOf(address)
    const before = this.#underWay.get(key)
    const turn = (async () => {
      await before?.catch(() => undefined)
      return work()
    })()
    this.#underWay.set(key, turn)
    try {
      return await turn
    } finally {
      if (this.#underWay.get(key) === turn) this.#underWay.delete(key)
    }
  }

  /** The summary that covers most, of those that hold. What doesn't hold any more is deleted from the memory. */
  async standing(session: SummarySession): Promise<StandingSummary> {
    const kept = this.#kept.get(keyOf(session.address))
    let best: StandingSummary | undefined
    for (const item of session.found) {
      const summary = readSummary(item)
      if (summary === undefined) continue
      const checked = await this.#check(session, { summary, isStored: true, failure: undefined, base: undefined }, true)
      if (checked !== undefined && coveredBy(best) < summary.coverage.count) best = checked
    }
    for (const item of session.found) if (item !== best?.summary?.item) await forget(session.memory, item)
    if (kept === undefined || coveredBy(best) >= kept.summary.coverage.count) return best ?? NOTHING_STANDS
    const checked = await this.#check(session, kept, false)
    if (checked === undefined) this.#kept.delete(keyOf(session.address))
    return checked ?? best ?? NOTHING_STANDS
  }

  /**
   * Lets the summary cover all candidates before the cut that may be covered.
   * @throws ThermoclineError `ABORTED`
   */
  async extend(session: SummarySession, standing: StandingSummary, extension: Extension): Promise<StandingSummary> {
    const { cut, maxTokens } = extension
    const added = this.#coverable(session, standing.end, cut)
    if (added.length === 0) return standing
    const kept = this.#kept.get(keyOf(session.address))
    const isFallback = kept !== undefined && kept.summary === standing.summary && kept.failure !== undefined
    const base = isFallback ? kept.base : standing.summary
    const baseStanding = isFallback ? await this.#standingOf(session, base) : standing
    const items = isFallback ? this.#coverable(session, baseStanding.end, cut) : added
    const { signal } = session
    let failure: ServiceFailure | undefined
    let made: MadeSummary
    try {
      made = await this.#withinTime(signal, (until) =>
        this.#make({ ...session, signal: until }, this.#options.summarizer, base, items, maxTokens),
      )
    } catch (error) {
      throwIfAborted(signal)
      failure = failureOf(error)
      made = await this.#make(session, this.#options.fallback, standing.summary, added, maxTokens)
    }
    const stored = failure === undefined ? await this.#store(session, made) : undefined
    const summary = stored ?? made
    this.#keep(session, { summary, isStored: stored !== undefined, failure, base })
    if (stored !== undefined) for (const item of session.found) await forget(session.memory, item)
    return (
      (await this.#check(session, { summary, isStored: stored !== undefined, failure, base }, true)) ?? NOTHING_STANDS
    )
  }

  #coverable({ candidates }: SummarySession, from: number, to: number): readonly MemoryItem[] {
    return candidates.slice(from, to).filter((item) => this.#options.mayCover(item))
  }

  async #standingOf(session: SummarySession, summary: MadeSummary | undefined): Promise<StandingSummary> {
    if (summary === undefined) return NOTHING_STANDS
    const kept: Kept = { summary, isStored: true, failure: undefined, base: undefined }
    return (await this.#check(session, kept, true)) ?? NOTHING_STANDS
  }

  /** Undefined where the summary says what is no longer so. */
  async #check(session: SummarySession, kept: Kept, isFound: boolean): Promise<StandingSummary | undefined> {
    const { summary, isStored, failure } = kept
    const { candidates, isWhole, memory } = session
    const check = summary.coverage.check(candidates)
    if (check === undefined) return undefined
    const { places, before, between, lastBefore } = check
    // Of the same ids, another conversation may have begun since the one that is remembered here was erased.
    if (!isFound && places.length === 0) return undefined
    if (isWhole ? before + between > 0 : between > 0 && !isFound) return undefined
    if (between > 0 && memory !== undefined && !(await holdsInMemory(session, memory, summary))) return undefined
    if (between === 0 && before > 0 && (await isGone(memory, lastBefore))) return undefined
    const end = (places.at(-1) ?? -1) + 1
    return { summary, covered: new Set(places), absent: before + between, end, failure, isStored }
  }

  async #withinTime<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, timeoutMs, summarizer } = this.#options
    // What is never aborted, where nobody may.
    const outer = signal ?? new AbortController().signal
    return within(clock, timeoutMs, outer, work, () => {
      const message = `Cannot summarize with ${summarizer.name}: no summary within ${timeoutMs} ms`
      return new ThermoclineError('MODEL_FAILED', message, { details: { reason: 'timeout' } })
    })
  }

  async #make(
    session: SummarySession,
    summarizer: Summarizer,
    base: MadeSummary | undefined,
    items: readonly MemoryItem[],
    maxTokens: number,
  ): Promise<MadeSummary> {
    const { address, signal } = session
    const made: Summary = await summarizer.summarize({
      ...(base !== undefined && { previous: base.text }),
      items,
      maxTokens,
      ...(signal !== undefined && { signal }),
    })
    throwIfAborted(signal)
    if (typeof made?.text !== 'string') throw unusable(summarizer, 'malformed')
    // Only what is cut to fit next to nothing may be empty.
    if (made.text.trim() === '' && summarizer !== this.#options.fallback) throw unusable(summarizer, 'empty')
    const origin = {
      model: made.model,
      promptVersion: made.promptVersion,
      trust: base?.origin.trust === 'untrusted' || items.some(isUntrusted) ? 'untrusted' : 'conversation',
    } as const
    const coverage = (base?.coverage ?? Coverage.NONE).extended(items)
    const newest = items.at(-1) as MemoryItem
    const stored = newSummaryItem(address, made.text, origin, coverage, newest, firstExpiry(base, items))
    const id = `summary:${newest.id}`
    const item: MemoryItem = { ...stored, ...address, id, tier: 'hot', cached: false, accessCount: 0 }
    return { item: Object.freeze(item), text: made.text, origin, coverage }
  }

  async #store({ memory, address }: SummarySession, made: MadeSummary): Promise<MadeSummary | undefined> {
    if (memory === undefined) return undefined
    const { content, contentType, createdAt, payload, expiresAt } = made.item
    const about = { content, contentType, createdAt, ...(payload && { payload }), ...(expiresAt && { expiresAt }) }
    try {
      const id = await memory.addMemoryItem({ ...address, ...about })
      return { ...made, item: Object.freeze({ ...made.item, id }) }
    } catch {
      // The context is what was asked for: it is there, and the next process makes the summary again.
      return undefined
    }
  }

  #keep({ address }: SummarySession, kept: Kept): void {
    const key = keyOf(address)
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value as string)
  }
}

function keyOf({ tenantId, userId, sessionId }: SummaryAddress): string {
  return JSON.stringify([tenantId, userId, sessionId])
}

function unusable({ name }: Summarizer, reason: 'malformed' | 'empty'): ThermoclineError {
  return new ThermoclineError('MODEL_FAILED', `Cannot summarize with ${name}: expected a text`, { details: { reason } })
}

function coveredBy(standing: StandingSummary | undefined): number {
  return standing?.summary?.coverage.count ?? 0
}

/** When the first of what a summary was made from expires: it may not outlive it. */
function firstExpiry(base: MadeSummary | undefined, items: readonly MemoryItem[]): number | undefined {
  const times = [base?.item, ...items].flatMap((item) => (item?.expiresAt === undefined ? [] : [item.expiresAt]))
  return times.length === 0 ? undefined : times.reduce((first, time) => Math.min(first, time))
}

/** Whether nothing that a summary covers was deleted or edited, of a session of which only a part is at hand, such as a view. */
async function holdsInMemory(
  { address }: SummarySession,
  memory: SummaryMemory,
  { coverage }: MadeSummary,
): Promise<boolean> {
  try {
    const check = coverage.check(await memory.getConversationHistory(address))
    return check !== undefined && check.between === 0 && check.before === 0
  } catch {
    // Too long for one answer, or a store that doesn't answer: nothing says that it doesn't hold.
    return true
  }
}

/** Whether what came before the history was erased, rather than not read. */
async function isGone(memory: SummaryMemory | undefined, id: string | undefined): Promise<boolean> {
  if (memory === undefined || id === undefined) return false
  try {
    return (await memory.getMemoryItem(id, { peek: true })) === undefined
  } catch {
    // An id of another store's, or a store that doesn't answer: nothing says that it is gone.
    return false
  }
}

async function forget(memory: SummaryMemory | undefined, item: MemoryItem): Promise<void> {
  try {
    await memory?.deleteMemoryItem(item.id)
  } catch {
    // The next prune finds it again.
  }
}
