import { ThermoclineError } from '../errors.ts'
import { checkNames, shown } from '../lib/check-names.ts'
import { within } from '../lib/within.ts'
import { isMadeSummary } from '../memory/made-summary.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import { identifySession, isOwnedBy } from '../memory/session.ts'
import { throwIfAborted } from './abort.ts'
import { type History, type ReadHistory, readHistory } from './history/read-history.ts'
import { type SortedHistory, sortHistory } from './history/sort-history.ts'
import { countItems } from './item-tokens.ts'
import { makeView } from './make-view.ts'
import { budgetGoals, conversationGoals, type PruneGoals } from './prune-goals.ts'
import type { PrunedHistory } from './pruned-history.ts'
import {
  type ContextPrunerOptions,
  checkInteger,
  type ResolvedPrunerOptions,
  resolvePrunerOptions,
} from './pruner-options.ts'
import { PrunerRelief } from './pruner-relief.ts'
import { HistoryIndexes } from './relevance/history-indexes.ts'
import { type Reranked, rerank } from './relevance/rerank-by-embeddings.ts'
import { SessionSummaries } from './session-summaries.ts'
import type { SummaryAddress } from './summaries/summary-item.ts'
import type { SummaryMemory } from './summaries/summary-memory.ts'
import { ViewPrefixes } from './view-prefixes.ts'

interface PruneOptions {
  /** What the model is asked next: what is relevant to it is picked first. @default none: what any question may be about */
  readonly query?: string | undefined
  /** Where summaries are stored. @default the pruner's, or that of the history */
  readonly memory?: SummaryMemory | undefined
  /** Looked at between items, and between the turns of the event loop that a long count takes. */
  readonly signal?: AbortSignal | undefined
}

/** Whose history it is: not needed for a session of a memory, and else that of the newest item unless it is said. */
export interface PruneConversationOptions extends PruneOptions {
  /** @default "default" */
  readonly tenantId?: string | undefined
  readonly userId?: string | undefined
  readonly sessionId?: string | undefined
}

export interface PruneByTokenBudgetOptions extends PruneOptions {
  /** Most tokens that the view may have, an integer of at least 1. @default maxContextTokens */
  readonly tokenBudget?: number | undefined
  /** Lets a summary stand for what is hidden, of at most a quarter of the budget. @default false */
  readonly summarize?: boolean | undefined
}

// Enough for the histories of some hundred sessions in use.
const INDEX_BYTES = 64 * 1024 * 1024

/** Gives the part of a conversation that fits a model. It changes no item; what it keeps of histories are caches. */
export class ContextPruner {
  /** What it gives up while the process is short of memory; a profiler sees to it. */
  readonly relief: PrunerRelief
  readonly #options: ResolvedPrunerOptions
  readonly #indexes = new HistoryIndexes(INDEX_BYTES)
  readonly #summaries: SessionSummaries
  readonly #prefixes = new ViewPrefixes()

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: ContextPrunerOptions = {}) {
    this.#options = resolvePrunerOptions(options)
    this.relief = new PrunerRelief(this.#options, this.#indexes)
    this.#summaries = new SessionSummaries(this.#options, this.relief)
  }

  /**
   * Keeps a conversation short by all of the pruner's options. Up to `maxContextItems` items and `maxContextTokens` tokens,
   * it is given as it is. Beyond that it is cut: what comes after the cut is kept, and the cut stays for some turns before
   * it moves by a third of the items. From `summarizationThreshold` items on, a summary stands for what lies before the
   * cut, and is extended when that moves.
   *
   * System messages and pinned items are kept as long as they fit; pinned ones leave a tenth of the budget to the newest
   * item. A summary is one of `maxContextItems`. From before the cut, what is
   * relevant to the query is picked; without a query, what is said to be important.
   *
   * @param history Oldest first; or a session of a memory, which then needs no second argument
   * @returns The items, with a {@link PruneReport} beside them as `report`. Empty for an empty history only
   * @throws ThermoclineError as {@link pruneByTokenBudget}; `INVALID_ID`. A model that fails is no error: see
   * `report.summary.failure`
   */
  async pruneConversationHistory(history: History, options: PruneConversationOptions = {}): Promise<PrunedHistory> {
    checkOptions(options, ['tenantId', 'userId', 'sessionId'])
    const { query, signal, memory, tenantId, userId, sessionId } = options
    const read = await this.#read(history, memory, signal)
    const session = addressOf({ tenantId, userId, sessionId }, read)
    return this.#prune(read, session, conversationGoals(this.#options, query !== undefined), { query, signal })
  }

  /**
   * The view of a history within a budget, always, in the order of the history. `maxContextItems` doesn't count here.
   * 1. system messages and pinned items; if they alone exceed the budget (pinned ones: nine tenths of it), the most
   *    important of them, newest first;
   * 2. the newest item, clipped with {@link CLIP_MARK} if it doesn't fit, and the newest message of the user;
   * 3. a summary of what is hidden, if asked for or already there;
   * 4. what came before the newest, in a tenth of the budget (`recentShare`);
   * 5. of the rest what is most relevant to the query, or without one what any question is most likely to be about.
   *
   * A tool call and its results, parallel calls included, are kept or hidden together. Pruning the view again with the
   * same budget gives the same items. Each content is counted once, so a second prune costs no counting.
   *
   * @returns The items, with a {@link PruneReport} beside them as `report`. Empty for an empty history only
   * @throws ThermoclineError `INVALID_ARGUMENT` for a budget that isn't an integer of at least 1, or what is not a
   * history; `BUDGET_TOO_SMALL` where nothing of the history fits; `PEER_MISSING` where the token counter's package is
   * not installed; `INVALID_OPTION` for a token counter that doesn't give counts; `ABORTED`; what reading a session
   * rejects with
   */
  async pruneByTokenBudget(history: History, options: PruneByTokenBudgetOptions = {}): Promise<PrunedHistory> {
    checkOptions(options, ['tokenBudget', 'summarize'])
    const { query, signal, memory, summarize = false, tokenBudget = this.#options.maxContextTokens } = options
    if (typeof summarize !== 'boolean') throw invalid('summarize', 'true or false', summarize)
    const goals = budgetGoals(this.#options, checkInteger('INVALID_ARGUMENT', 'tokenBudget', tokenBudget, 1), summarize)
    const read = await this.#read(history, memory, signal)
    const address = summarize || isAddress(read.items.at(-1)) ? addressOf({}, read) : undefined
    return this.#prune(read, address, goals, { query, signal })
  }

  async #read(
    history: History,
    memory: SummaryMemory | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ReadHistory> {
    throwIfAborted(signal)
    return readHistory(history, memory ?? this.#options.memory, this.#options.clock, signal)
  }

  async #prune(
    read: ReadHistory,
    address: SummaryAddress | undefined,
    goals: PruneGoals,
    { query, signal }: { readonly query: string | undefined; readonly signal: AbortSignal | undefined },
  ): Promise<PrunedHistory> {
    const { tokenCounter: counter, tokensPerItem, tokensBeside } = this.#options
    const tokens = await countItems(read.items, counter, signal)
    const sorted = sortHistory(
      read.items,
      tokens.map((count, i) => count + tokensBeside(read.items[i] as MemoryItem)),
    )
    const summary = await this.#summaries.of({
      sorted,
      address,
      memory: read.memory,
      isWhole: read.session !== undefined,
      goals,
      signal,
    })
    throwIfAborted(signal)
    let ranked: Promise<Reranked | undefined> | undefined
    return makeView({
      sorted,
      goals,
      summary,
      counter,
      tokensPerItem,
      tokensBeside,
      signal,
      scores: () => {
        ranked ??= this.#rankSaid(sorted, query, goals, signal)
        return ranked
      },
      stablePrefixOf: (view, costs) =>
        address === undefined ? 0 : this.#prefixes.replace(JSON.stringify(address), view, costs),
    })
  }

  /** A summary has the words of all that it covers, and would be taken for the best match of everything. */
  async #rankSaid(
    { items, madeSummaries }: SortedHistory,
    query: string | undefined,
    goals: PruneGoals,
    signal: AbortSignal | undefined,
  ): Promise<Reranked | undefined> {
    if (madeSummaries.length === 0) return this.#rank(items, query, goals, signal)
    const places = [...items.keys()].filter((place) => !isMadeSummary(items[place] as MemoryItem))
    const said = places.map((place) => items[place] as MemoryItem)
    const ranked = await this.#rank(said, query, goals, signal)
    if (ranked === undefined) return undefined
    const scores = new Float64Array(items.length)
    for (const [i, place] of places.entries()) scores[place] = ranked.scores[i] as number
    return { ...ranked, scores }
  }

  /** Undefined where items are chosen without: by what is said of their importance, and by age. */
  async #rank(
    items: readonly MemoryItem[],
    query: string | undefined,
    goals: PruneGoals,
    signal: AbortSignal | undefined,
  ): Promise<Reranked | undefined> {
    if (query === undefined && !goals.picksByPrior) return undefined
    const index = await this.#indexes.of(items, signal)
    throwIfAborted(signal)
    if (query === undefined) return { scores: index.prior() }
    const scores = index.relevanceTo(query)
    // A question that says nothing, such as "why?", is like none.
    if (scores.every((score) => score === 0)) return goals.picksByPrior ? { scores: index.prior() } : undefined
    const { embedder, embedTimeoutMs, clock } = this.#options
    if (embedder === undefined) return { scores }
    const late = new ThermoclineError('MODEL_FAILED', `Cannot embed: no answer within ${embedTimeoutMs} ms`, {
      details: { reason: 'timeout' },
    })
    const outer = signal ?? new AbortController().signal
    const reranked = within(
      clock,
      embedTimeoutMs,
      outer,
      (until) => rerank(items, scores, query, embedder, until),
      () => late,
    )
    return reranked.catch((failure: unknown) => {
      throwIfAborted(signal)
      return { scores, failure }
    })
  }
}

function checkOptions(options: object, names: readonly string[]): void {
  checkNames('INVALID_ARGUMENT', 'Cannot prune history', options, [...names, 'query', 'memory', 'signal'])
  const { query, memory, signal } = options as PruneOptions
  if (query !== undefined && typeof query !== 'string') throw invalid('query', 'text', query)
  if (memory !== undefined && typeof memory?.getConversationHistory !== 'function') {
    throw invalid('memory', 'a TieredStorageManager, or what its scoped() gives', memory)
  }
  if (signal !== undefined && typeof signal?.aborted !== 'boolean') throw invalid('signal', 'an AbortSignal', signal)
}

/** Whether an item of a caller's own says whose it is, in ids that we take. */
function isAddress(item: MemoryItem | undefined): boolean {
  if (item === undefined) return true
  try {
    identifySession(item)
    return true
  } catch {
    return false
  }
}

/**
 * By what the caller says, or else by the newest item; undefined where nobody says.
 * @throws ThermoclineError `INVALID_ID`; `INVALID_ARGUMENT` where they don't agree on whose it is
 */
function addressOf(
  said: Pick<PruneConversationOptions, 'tenantId' | 'userId' | 'sessionId'>,
  { items, session: read }: ReadHistory,
): SummaryAddress | undefined {
  const newest = items.at(-1)
  const tenantId = said.tenantId ?? read?.tenantId ?? newest?.tenantId
  const userId = said.userId ?? read?.userId ?? newest?.userId
  const sessionId = said.sessionId ?? read?.sessionId ?? newest?.sessionId
  const isNamed = said.userId !== undefined || said.sessionId !== undefined
  if (!isNamed && (typeof userId !== 'string' || typeof sessionId !== 'string')) return undefined
  const address = {
    ...(tenantId !== undefined && { tenantId }),
    userId: userId as string,
    sessionId: sessionId as string,
  }
  const session = identifySession(address)
  if (
    typeof newest?.userId === 'string' &&
    !isOwnedBy({ ...newest, tenantId: newest.tenantId ?? session.tenantId }, session)
  ) {
    throw new ThermoclineError('INVALID_ARGUMENT', 'Cannot prune history: its items are of another tenant or user', {
      details: { name: 'userId' },
    })
  }
  return { tenantId: session.tenantId, userId: session.userId, sessionId: session.sessionId }
}

function invalid(name: string, expected: string, received: unknown): ThermoclineError {
  return new ThermoclineError(
    'INVALID_ARGUMENT',
    `Cannot prune history: ${name}: expected ${expected}: received ${shown(received)}`,
    { details: { name } },
  )
}
