import {
  ContextPruner,
  estimatingTokenCounter,
  openAITokenCounter,
  type PrunedHistory,
  type TokenCounter,
} from '../../context/index.ts'
import { isThermoclineError, type MemoryItem } from '../../index.ts'
import { CommandError } from '../command.ts'

/** What became of tool calls with their results. */
export interface ToolPairs {
  readonly kept: number
  readonly hidden: number
}

export interface PrunedContext {
  readonly query: string
  readonly view: PrunedHistory
  /** Of the view, what speaks most for the question and would not be there without it. */
  readonly found: MemoryItem | undefined
  readonly tools: ToolPairs
}

/** A quarter of what there is: enough to see what pruning keeps. */
const BUDGET_SHARE = 1 / 4
const LEAST_BUDGET = 100

/**
 * Prunes a history to about a quarter of its tokens, for a question and with a summary, and checks what pruning promises.
 * @param hits What a search for the question finds in it, the best first
 * @throws CommandError where a promise is broken
 */
export async function pruneContext(
  history: readonly MemoryItem[],
  query: string,
  hits: readonly MemoryItem[],
): Promise<PrunedContext> {
  const tokenCounter = await chooseCounter()
  const pruner = new ContextPruner({ tokenCounter })
  const { report } = await pruner.pruneByTokenBudget(history, { tokenBudget: Number.MAX_SAFE_INTEGER })
  const tokenBudget = Math.max(LEAST_BUDGET, Math.ceil((report.tokensBefore * BUDGET_SHARE) / 50) * 50)
  const withoutQuestion = idsOf(await pruner.pruneByTokenBudget(history, { tokenBudget }))
  const view = await pruner.pruneByTokenBudget(history, { tokenBudget, query, summarize: true })
  if (view.report.tokensAfter > tokenBudget) throw new CommandError('the pruned context is over its budget')
  const shown = idsOf(view)
  const found = hits.find(({ id }) => shown.has(id) && !withoutQuestion.has(id))
  return { query, view, found, tools: countPairs(history, view) }
}

async function chooseCounter(): Promise<TokenCounter> {
  const exact = openAITokenCounter()
  try {
    await exact.count('tokens')
    return exact
  } catch (error) {
    if (isThermoclineError(error, 'PEER_MISSING')) return estimatingTokenCounter()
    throw error
  }
}

function countPairs(history: readonly MemoryItem[], view: readonly MemoryItem[]): ToolPairs {
  const shown = idsOf(view)
  const exchanges: MemoryItem[][] = []
  // Some models number their calls anew in each turn: a result belongs to the newest call of its id.
  const newest = new Map<string, MemoryItem[]>()
  for (const item of history) {
    if (item.callId === undefined) continue
    const exchange = item.contentType === 'tool_call' ? undefined : newest.get(item.callId)
    if (exchange !== undefined) exchange.push(item)
    else {
      const started = [item]
      exchanges.push(started)
      newest.set(item.callId, started)
    }
  }
  const kept = exchanges.filter((exchange) => exchange.every(({ id }) => shown.has(id))).length
  const hidden = exchanges.filter((exchange) => exchange.every(({ id }) => !shown.has(id))).length
  if (kept + hidden !== exchanges.length) throw new CommandError('pruning tore a tool call from its result')
  return { kept, hidden }
}

function idsOf(items: readonly MemoryItem[]): ReadonlySet<string> {
  return new Set(items.map(({ id }) => id))
}
