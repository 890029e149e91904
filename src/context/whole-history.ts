import type { SortedHistory } from './history/sort-history.ts'
import type { PruneGoals } from './prune-goals.ts'
import type { StandingSummary } from './summaries/rolling-summaries.ts'

/**
 * What all of a history takes, with the summary of what is not in it; infinite where it has too many items. It is given as
 * it is where that is within the budget.
 */
export async function tokensOfWhole(
  sorted: SortedHistory,
  { maxItems }: PruneGoals,
  { summary, absent }: StandingSummary,
  costOf: (content: string) => Promise<number>,
): Promise<number> {
  const { candidates, firstTokens, otherTokens } = sorted
  const isSummaryShown = summary !== undefined && absent > 0
  const items = candidates.length + (isSummaryShown && !isNewestAlone(sorted) ? 1 : 0)
  if (items > maxItems) return Number.POSITIVE_INFINITY
  return firstTokens + otherTokens + (isSummaryShown ? await costOf(summary.item.content) : 0)
}

/** Of all but what goes first: which is shown beside a summary, however many items it has. */
function isNewestAlone({ units, others }: SortedHistory): boolean {
  const [alone, another] = others
  return alone !== undefined && another === undefined && units.every(({ newest }) => newest <= alone.newest)
}
