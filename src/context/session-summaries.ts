import type { CacheRelief } from '../lib/cache-relief.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import type { SortedHistory } from './history/sort-history.ts'
import { countText } from './item-tokens.ts'
import type { PruneGoals } from './prune-goals.ts'
import type { ResolvedPrunerOptions } from './pruner-options.ts'
import { type CutMove, planCut } from './selection/plan-cut.ts'
import { checkedSummarizer } from './summaries/checked-summarizer.ts'
import { marksOf } from './summaries/item-marks.ts'
import { NOTHING_STANDS, RollingSummaries, type StandingSummary } from './summaries/rolling-summaries.ts'
import { type SummaryAddress, summaryLabel } from './summaries/summary-item.ts'
import type { SummaryMemory } from './summaries/summary-memory.ts'
import type { SummarySession } from './summaries/summary-store.ts'
import { extractiveSummarizer } from './summarizers/extractive.ts'
import type { TokenCounter } from './token-counter.ts'
import { tokensOfWhole } from './whole-history.ts'

interface SummaryTask {
  readonly sorted: SortedHistory
  /** Undefined: nobody's, so no summary. */
  readonly address: SummaryAddress | undefined
  readonly memory: SummaryMemory | undefined
  readonly isWhole: boolean
  readonly goals: PruneGoals
  readonly signal: AbortSignal | undefined
}

/** Where a history is cut, and what stands for the items before. Of no meaning where nothing has to be hidden. */
export interface CutHistory {
  readonly standing: StandingSummary
  /** Index of the first candidate after the cut. */
  readonly cut: number
}

// As long as the number of any session that is pruned.
const ANY_COUNT = 999_999

// Where a cut moves by items, so much of their tokens makes room too.
const ITEM_STEP_TOKEN_SHARE = 1 / 3

/** Sees to the summary of a session, as far as a prune needs one. */
export class SessionSummaries {
  readonly #rolling: RollingSummaries
  readonly #counter: TokenCounter
  readonly #tokensPerItem: number
  readonly #relief: Pick<CacheRelief, 'refuses'>

  constructor(options: ResolvedPrunerOptions, relief: Pick<CacheRelief, 'refuses'>) {
    const { mayCover, tokenCounter, summaryTimeoutMs: timeoutMs, clock } = options
    const fallback = extractiveSummarizer({ tokenCounter })
    const summarizer = options.summarizer === undefined ? fallback : checkedSummarizer(options.summarizer, tokenCounter)
    this.#rolling = new RollingSummaries({ summarizer, fallback, mayCover, timeoutMs, clock })
    this.#counter = tokenCounter
    this.#tokensPerItem = options.tokensPerItem
    this.#relief = relief
  }

  /** @throws ThermoclineError `ABORTED` */
  async of(task: SummaryTask): Promise<CutHistory> {
    const { sorted, address, goals } = task
    const itemsFit = fitsAsItIs(sorted, goals)
    const session = address === undefined ? undefined : sessionOf(task, address)
    const mayStand =
      session !== undefined && (sorted.madeSummaries.length > 0 || (!itemsFit && this.#rolling.knows(session.address)))
    const standing = mayStand ? await this.#rolling.standing(session) : NOTHING_STANDS
    const whole = await tokensOfWhole(sorted, goals, standing, (content) => this.#costOf(content))
    if (whole <= goals.tokenBudget) return { standing, cut: 0 }

    const { summarizeFrom } = goals
    const items = sorted.items.length - sorted.madeSummaries.length + standing.absent
    const isLong = summarizeFrom !== undefined && items >= summarizeFrom
    const maxTokens = isLong ? goals.summaryTokens - (await this.#costOf(`${summaryLabel(ANY_COUNT)}\n`)) : 0
    const waits = this.#relief.refuses('summary') || task.memory?.relief?.refuses('summary') === true
    const isDue = maxTokens > 0 && !waits
    const cut = cutOf(sorted, goals, standing, isDue)
    if (session === undefined || !isDue || cut <= standing.end) return { standing, cut }
    return this.#rolling.alone(session, async () => {
      // Another prune of this session may have extended it in the meantime.
      const now = await this.#rolling.standing(session)
      const cutNow = cutOf(sorted, goals, now, true)
      const extended = await this.#rolling.extend(session, now, { cut: cutNow, maxTokens })
      return { standing: extended, cut: cutNow }
    })
  }

  async #costOf(content: string): Promise<number> {
    return (await countText(this.#counter, content)) + this.#tokensPerItem
  }
}

function fitsAsItIs({ candidates, firstTokens, otherTokens }: SortedHistory, goals: PruneGoals): boolean {
  return candidates.length <= goals.maxItems && firstTokens + otherTokens <= goals.tokenBudget
}

function sessionOf({ sorted, memory, isWhole, signal }: SummaryTask, address: SummaryAddress): SummarySession {
  const candidates = sorted.candidates.map((place) => sorted.items[place] as MemoryItem)
  let marks: Promise<readonly string[]> | undefined
  const marksOnce = (): Promise<readonly string[]> => {
    marks ??= marksOf(candidates, signal)
    return marks
  }
  return { address, memory, candidates, marks: marksOnce, found: sorted.madeSummaries, isWhole, signal }
}

function cutOf(sorted: SortedHistory, goals: PruneGoals, standing: StandingSummary, isDue: boolean): number {
  const { candidates, costs, others, firstTokens } = sorted
  const hasSummary = isDue || standing.summary !== undefined
  const summaryTokens = hasSummary ? goals.summaryTokens : 0
  const recentItems = Math.max(1, goals.recentItems - Number(hasSummary))
  const maxTokens = goals.recentTokens(
    Math.max(0, Math.floor(goals.tokenBudget * goals.fillShare) - firstTokens - summaryTokens),
  )
  const indexOf = new Map(candidates.map((place, index) => [place, index]))
  return planCut({
    costs: candidates.map((place) => costs[place] as number),
    units: others.map(({ places }) => places.map((place) => indexOf.get(place) as number)),
    anchor: standing.end,
    // Where a cut may lie is fixed then: with the room for one step more, it doesn't move again at once.
    maxItems: isDue || !('items' in goals.step) ? recentItems : Math.max(1, recentItems - goals.step.items),
    maxTokens,
    move: moveOf(goals.step, recentItems, maxTokens, isDue),
  })
}

/** The cut of a summary is stored with it; any other has to be found again at the next prune. */
function moveOf(step: PruneGoals['step'], recentItems: number, maxTokens: number, isStored: boolean): CutMove {
  const share = 'share' in step ? step.share : ITEM_STEP_TOKEN_SHARE
  if (isStored) {
    const leaveItems = 'items' in step ? Math.max(1, recentItems - step.items) : recentItems
    return { leaveItems, leaveTokens: Math.floor(maxTokens * (1 - share)) }
  }
  return 'items' in step ? { stepItems: step.items } : { stepTokens: Math.floor(maxTokens * share) }
}
