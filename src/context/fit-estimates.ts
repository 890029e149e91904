import type { MemoryItem } from '../memory/memory-item.ts'
import { throwIfAborted } from './abort.ts'
import type { ViewCounter } from './token-counter.ts'

/** A view that was chosen by estimates. */
export interface EstimatedView {
  readonly items: readonly MemoryItem[]
  readonly estimatedTokens: number
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

/**
 * The largest view whose true count is within the budget, as far as a few requests can tell. Where the service fails, or
 * all of them were over, the view is the one for what the margin leaves of the budget.
 *
 * @param choose Gives the view for a budget of estimated tokens, an integer of at least 1
 * @throws ThermoclineError `ABORTED`, and what `choose` throws
 */
export async function fitEstimates<V extends EstimatedView>(
  counter: ViewCounter,
  tokenBudget: number,
  choose: (estimatedBudget: number) => Promise<V>,
  signal?: AbortSignal,
): Promise<FittedView<V>> {
  let budget = atLeastOne(tokenBudget / counter.ratio)
  let view = await choose(budget)
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
    if (tokens <= tokenBudget) return { view, tokens, exact: true }
    const fitting = view.estimatedTokens * (tokenBudget / tokens) * (1 - SLACK)
    budget = atLeastOne(Math.min(fitting, budget - 1))
    view = await choose(budget)
  }
  const safe = atLeastOne(Math.min(budget, tokenBudget / counter.ratio / (1 + counter.margin)))
  if (view.estimatedTokens > safe) view = await choose(safe)
  const tokens = Math.ceil(view.estimatedTokens * counter.ratio)
  return { view, tokens, exact: false, ...(failure !== undefined && { failure }) }
}

function atLeastOne(tokens: number): number {
  return Math.max(1, Math.floor(tokens))
}
