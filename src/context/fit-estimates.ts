import type { MemoryItem } from '../memory/memory-item.ts'
import { throwIfAborted } from './abort.ts'
import type { ViewCounter } from './token-counter.ts'

/** A view that was chosen by estimates. */
export interface EstimatedView {
  readonly items: readonly MemoryItem[]
  readonly estimatedTokens: number
  /** Whether a larger budget could show more. */
  readonly hidesAny: boolean
}

export interface FittedView<V extends EstimatedView> {
  readonly view: V
  /** By the service; by estimate, at the ratio that its answers have shown, where it didn't answer. */
  readonly tokens: number
  /** Whether the service has counted the view, and it is within the budget. */
  readonly exact: boolean
  /** Why it is not. */
  readonly failure?: unknown
}

// One for the view by estimate, and three to come down to the budget.
const MAX_REQUESTS = 4
// What is left out has another ratio than the whole.
const SLACK = 0.02
const WELL_USED = 0.85
// No service counts less than half of what is estimated.
const LEAST_RATIO = 0.5

/**
 * The largest view whose true count is within the budget, as far as a few requests can tell. Where the service fails, or
 * all of them were over, the view is the one for what the margin leaves of the budget.
 *
 * @param choose Gives the view for a budget of estimated tokens, an integer of at least 1
 * @param wholeTokens Estimated tokens of all there is, where all of it could be the view
 * @throws ThermoclineError `ABORTED`, and what `choose` throws
 */
export async function fitEstimates<V extends EstimatedView>(
  counter: ViewCounter,
  tokenBudget: number,
  choose: (estimatedBudget: number) => Promise<V>,
  wholeTokens: number = Number.POSITIVE_INFINITY,
  signal?: AbortSignal,
): Promise<FittedView<V>> {
  // What may fit as it is, as a view does that is pruned again, is asked for first.
  const mayFitWhole = wholeTokens <= tokenBudget / LEAST_RATIO
  let budget = atLeastOne(mayFitWhole ? wholeTokens : tokenBudget / counter.ratio)
  let view = await choose(budget)
  let fitting: FittedView<V> | undefined
  let failure: unknown
  for (let requests = 0; requests < MAX_REQUESTS; requests += 1) {
    let tokens: number
    try {
      tokens = await counter.count(view.items, signal)
    } catch (error) {
      throwIfAborted(signal)
      failure = error
      break
    }
    if (tokens <= tokenBudget) {
      const isLarger = fitting === undefined || tokens > fitting.tokens
      if (isLarger) fitting = { view, tokens, exact: true }
      // What other conversations have taught the counter may leave much of the budget empty here.
      if (!isLarger || !view.hidesAny || tokens >= tokenBudget * WELL_USED) break
    } else if (fitting !== undefined) break
    budget = nextBudget(view.estimatedTokens * (tokenBudget / tokens) * (1 - SLACK), budget, tokens > tokenBudget)
    view = await choose(budget)
  }
  if (fitting !== undefined) return fitting
  const safe = atLeastOne(Math.min(budget, tokenBudget / counter.ratio / (1 + counter.margin)))
  if (view.estimatedTokens > safe) view = await choose(safe)
  const tokens = Math.ceil(view.estimatedTokens * counter.ratio)
  return { view, tokens, exact: false, ...(failure !== undefined && { failure }) }
}

/** Always another one, so that each request counts another view. */
function nextBudget(wanted: number, budget: number, isOver: boolean): number {
  return atLeastOne(isOver ? Math.min(wanted, budget - 1) : Math.max(wanted, budget + 1))
}

function atLeastOne(tokens: number): number {
  return Math.max(1, Math.floor(tokens))
}
