import type { ResolvedPrunerOptions } from './pruner-options.ts'

/** What one prune is to reach. */
export interface PruneGoals {
  /** Most tokens of a view, always. */
  readonly tokenBudget: number
  /** Up to so many items and `tokenBudget` tokens, a history is given as it is. A summary is one of them. */
  readonly maxItems: number
  /**
   * Where it isn't, older items are picked up to so many items in all, and at least so many of them. What goes first
   * doesn't count.
   */
  readonly fillItems: number
  readonly pickItems: number
  /** Of the budget, above 0. */
  readonly fillShare: number
  /** Whether a summary is to be made: undefined for never, else the fewest items that it takes. */
  readonly summarizeFrom: number | undefined
  readonly summaryTokens: number
  /** The newest items, which are kept together: at most so many, one less beside a summary, and so many tokens of what there is room for. */
  readonly recentItems: number
  readonly recentTokens: (room: number) => number
  /** How far the beginning of the newest items moves at least: so many items, or such a part of their tokens. */
  readonly step: { readonly items: number } | { readonly share: number }
  /** Views are the newest items from a cut on. */
  readonly stablePrefix: boolean
  /** Without a query, older items are picked by how likely any question is about them. */
  readonly picksByPrior: boolean
}

const FILL_SHARE = 0.8
const SUMMARY_SHARE = 0.25
const STABLE_STEP_SHARE = 1 / 3

/** @param picks Whether older items are picked for a query, so that room has to be left for them */
export function conversationGoals(options: ResolvedPrunerOptions, picks: boolean): PruneGoals {
  const { maxContextItems, maxContextTokens, summarizationThreshold, stablePrefix } = options
  const leavesRoom = picks && !stablePrefix
  const stepItems = Math.max(1, Math.floor(maxContextItems / 3))
  const fillItems = Math.max(1, maxContextItems - stepItems)
  const pickItems = leavesRoom ? Math.floor(fillItems / 3) : 0
  return {
    tokenBudget: maxContextTokens,
    maxItems: maxContextItems,
    fillItems,
    pickItems,
    fillShare: FILL_SHARE,
    summarizeFrom: summarizationThreshold,
    summaryTokens: summaryTokens(options, maxContextTokens),
    recentItems: Math.max(1, maxContextItems - pickItems),
    recentTokens: (room) => (leavesRoom ? Math.floor((room * 2) / 3) : room),
    step: { items: stepItems },
    stablePrefix,
    picksByPrior: false,
  }
}

export function budgetGoals(options: ResolvedPrunerOptions, tokenBudget: number, summarize: boolean): PruneGoals {
  const { recentShare, stablePrefix } = options
  const unbounded = Number.POSITIVE_INFINITY
  return {
    tokenBudget,
    maxItems: unbounded,
    fillItems: unbounded,
    pickItems: unbounded,
    fillShare: 1,
    summarizeFrom: summarize ? 1 : undefined,
    summaryTokens: summaryTokens(options, tokenBudget),
    recentItems: unbounded,
    recentTokens: (room) => (stablePrefix ? room : Math.min(room, Math.floor(tokenBudget * recentShare))),
    step: { share: stablePrefix ? STABLE_STEP_SHARE : 1 / 2 },
    stablePrefix,
    picksByPrior: true,
  }
}

function summaryTokens({ summaryMaxTokens }: ResolvedPrunerOptions, tokenBudget: number): number {
  return Math.max(1, Math.min(summaryMaxTokens, Math.floor(tokenBudget * SUMMARY_SHARE)))
}
