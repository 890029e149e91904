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
  readonly view: PrunedHistory
  readonly tools: ToolPairs
  readonly ms: number
}

/** A quarter of what there is: enough to see what pruning keeps. */
const BUDGET_SHARE = 1 / 4
const LEAST_BUDGET = 100

/**
 * Prunes a history to about a quarter of its tokens, and checks what pruning promises.
 * @throws CommandError where a promise is broken
 */
export async function pruneContext(history: readonly MemoryItem[]): Promise<PrunedContext> {
  const tokenCounter = await chooseCounter()
  const pruner = new ContextPruner({ tokenCounter })
  // The first prune counts each item once; the second shows what an agent waits for in its loop.
  const { report } = await pruner.pruneByTokenBudget(history, { tokenBudget: Number.MAX_SAFE_INTEGER })
  const tokenBudget = Math.max(LEAST_BUDGET, Math.ceil((report.tokensBefore * BUDGET_SHARE) / 50) * 50)
  const startedAt = performance.now()
  const view = await pruner.pruneByTokenBudget(history, { tokenBudget })
  const ms = performance.now() - startedAt
  if (view.report.tokensAfter > tokenBudget) throw new CommandError('the pruned context is over its budget')
  return { view, tools: countPairs(history, view), ms }
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
  const shown = new Set(view.map(({ id }) => id))
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
