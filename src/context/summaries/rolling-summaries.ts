import { ThermoclineError } from '../../errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { within } from '../../lib/within.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { throwIfAborted, untilAborted } from '../abort.ts'
import { clearWhenErased } from '../erasable-caches.ts'
import { failureOf, type ServiceFailure } from '../service-failure.ts'
import { Coverage } from './coverage.ts'
import { marksOf } from './item-marks.ts'
import { isUntrusted } from './item-origin.ts'
import type { Summarizer, Summary } from './summarizer.ts'
import { type MadeSummary, newSummaryItem, readSummary, type SummaryAddress } from './summary-item.ts'
import { compareInMemory, forget, type SummarySession, store } from './summary-store.ts'

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

/** The summary that a session has, compared with its history. */
export interface StandingSummary {
  readonly summary: MadeSummary | undefined
  /** Indexes of covered candidates. */
  readonly covered: ReadonlySet<number>
  /** Covered items that are not in the history: it begins later, or is a view. */
  readonly absent: number
  /** Index of the cut that the summary was made for: no candidate from there on is covered. */
  readonly end: number
  /** False where items of the session that are not at hand lie between what is covered and what could be. */
  readonly isGapless: boolean
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

/** What one summary is made from. */
interface SummaryWork {
  readonly base: MadeSummary | undefined
  readonly items: readonly MemoryItem[]
  readonly upTo: string
  readonly maxTokens: number
}

export const NOTHING_STANDS: StandingSummary = Object.freeze({
  summary: undefined,
  covered: new Set<number>(),
  absent: 0,
  end: 0,
  isGapless: true,
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
    clearWhenErased(this)
  }

  /** Those that are stored are found again, others are made anew. */
  clear(): void {
    this.#kept.clear()
  }

  /** Whether a summary of that session was made in this process. */
  knows(address: SummaryAddress): boolean {
    return this.#kept.has(keyOf(address))
  }

  /**
   * Does `work` when nobody else in this process is at work on the summary of that session.
   * @throws ThermoclineError `ABORTED`, also while it is not its turn yet
   */
  async alone<T>({ address, signal }: SummarySession, work: () => Promise<T>): Promise<T> {
    const key = keyOf(address)
    const before = this.#underWay.get(key)
    const turn = (async () => {
      await before?.catch(() => undefined)
      throwIfAborted(signal)
      return work()
    })()
    this.#underWay.set(key, turn)
    const end = (): void => {
      if (this.#underWay.get(key) === turn) this.#underWay.delete(key)
    }
    void turn.then(end, end)
    return untilAborted(turn, signal)
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
    for (const item of session.found) if (item !== best?.summary?.item) await forget(session, item)
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
    if (added.length === 0 || !standing.isGapless) return standing
    const kept = this.#kept.get(keyOf(session.address))
    const isFallback = kept !== undefined && kept.summary === standing.summary && kept.failure !== undefined
    const baseStanding = isFallback ? await this.#standingOf(session, kept.base) : standing
    const base = baseStanding.summary
    const items = isFallback ? this.#coverable(session, baseStanding.end, cut) : added
    const { id: upTo } = session.candidates[cut - 1] as MemoryItem
    const { signal } = session
    let failure: ServiceFailure | undefined
    let made: MadeSummary
    try {
      made = await this.#withinTime(signal, (until) =>
        this.#make({ ...session, signal: until }, this.#options.summarizer, { base, items, upTo, maxTokens }),
      )
    } catch (error) {
      throwIfAborted(signal)
      failure = failureOf(error)
      made = await this.#make(session, this.#options.fallback, {
        base: standing.summary,
        items: added,
        upTo,
        maxTokens,
      })
    }
    const stored = failure === undefined ? await store(session, made, items.at(-1) as MemoryItem) : undefined
    const summary = stored ?? made
    this.#keep(session, { summary, isStored: stored !== undefined, failure, base })
    if (stored !== undefined) for (const item of replaced(session, standing)) await forget(session, item)
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
    const { coverage } = summary
    const { candidates, isWhole } = session
    const { expiresAt = Number.POSITIVE_INFINITY } = summary.item
    if (expiresAt <= this.#options.clock.now()) return undefined
    // What may not be covered any more is missing then, and a summary that covers it doesn't hold.
    const indexes = [...candidates.keys()].filter((index) => this.#options.mayCover(candidates[index] as MemoryItem))
    const marks = await session.marks()
    const coverable = indexes.map((index) => marks[index] as string)
    if (isWhole && !coverage.begins(coverable)) return undefined
    const check = coverage.check(coverable)
    if (check === undefined) return undefined
    const { before, between, unproven } = check
    const covered = check.places.map((place) => indexes[place] as number)
    // Of the same ids, another conversation may have begun since the one that is remembered here was erased.
    if (!isFound && (covered.length === 0 || between > 0 || unproven > 0)) return undefined
    const isPart = before + between + unproven > 0
    const inMemory = isPart ? await compareInMemory(session, coverage, this.#options.mayCover) : undefined
    if (inMemory?.holds === false) return undefined
    let end = (covered.at(-1) ?? -1) + 1
    // What may not be covered can stand last before the cut.
    for (let index = end; index < candidates.length; index += 1) {
      if (candidates[index]?.id === summary.upTo) end = index + 1
    }
    const added = candidates.slice(end).find(this.#options.mayCover)
    const isGapless = inMemory?.next === undefined || added === undefined || inMemory.next === added.id
    return { summary, covered: new Set(covered), absent: before + between, end, isGapless, failure, isStored }
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
    { base, items, upTo, maxTokens }: SummaryWork,
  ): Promise<MadeSummary> {
    const { address, signal } = session
    const made: Summary = await summarizer.summarize({
      ...(base !== undefined && { previous: base.text }),
      items,
      maxTokens,
      ...(signal !== undefined && { signal }),
    })
    throwIfAborted(signal)
    const origin = {
      model: made.model,
      promptVersion: made.promptVersion,
      trust: base?.origin.trust === 'untrusted' || items.some(isUntrusted) ? 'untrusted' : 'conversation',
    } as const
    const coverage = (base?.coverage ?? Coverage.NONE).extended(await marksOf(items, signal))
    const newest = items.at(-1) as MemoryItem
    const about = { origin, coverage, upTo }
    const stored = newSummaryItem(address, made.text, about, newest.createdAt, firstExpiry(base, items))
    const id = `summary:${newest.id}`
    const item: MemoryItem = { ...stored, ...address, id, tier: 'hot', cached: false, accessCount: 0 }
    return { item: Object.freeze(item), text: made.text, ...about }
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

/** Stored summaries that an extended one takes the place of. One that another prune stored meanwhile was not found yet. */
function replaced({ found }: SummarySession, { summary, isStored }: StandingSummary): readonly MemoryItem[] {
  if (summary === undefined || !isStored || found.some(({ id }) => id === summary.item.id)) return found
  return [...found, summary.item]
}

function coveredBy(standing: StandingSummary | undefined): number {
  return standing?.summary?.coverage.count ?? 0
}

/** When the first of what a summary was made from expires: it may not outlive it. */
function firstExpiry(base: MadeSummary | undefined, items: readonly MemoryItem[]): number | undefined {
  const times = [base?.item, ...items].flatMap((item) => (item?.expiresAt === undefined ? [] : [item.expiresAt]))
  return times.length === 0 ? undefined : times.reduce((first, time) => Math.min(first, time))
}
