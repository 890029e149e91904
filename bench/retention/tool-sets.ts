import { ContextPruner, type MemoryItem, openAITokenCounter, toGemini, toOpenAI } from '../../dist/context/index.js'
import { geminiProblems } from '../../test/support/message-rules/gemini-rules.ts'
import { openaiProblems } from '../../test/support/message-rules/openai-rules.ts'
import type { Result } from '../report.ts'
import { asMessages, readToolConversations, type ToolConversation } from './tool-conversations.ts'

const VIEWS_PER_SESSION = 20
const SMALLEST_BUDGET = 10
const REPLAY_BUDGETS = [1000, 2000, 4000]
const counter = openAITokenCounter()

/**
 * Of agents that call tools: whether pruned views are valid for the APIs, and what is kept of whole conversations turn by
 * turn. Empty where the folder has no such data.
 */
export async function toolSetResults(dataDir: string): Promise<Result[]> {
  const { sessions, conversations } = readToolConversations(dataDir)
  if (sessions.length === 0) return []
  const results: Result[] = [await validViews(sessions)]
  for (const stablePrefix of [false, true]) {
    for (const tokenBudget of REPLAY_BUDGETS)
      results.push(...(await replayed(conversations, tokenBudget, stablePrefix)))
  }
  return results
}

/** Each session as its items are, and as the API's messages are, at budgets from tiny to the whole of it. */
async function validViews(sessions: readonly ToolConversation[]): Promise<Result> {
  const pruner = new ContextPruner({ tokenCounter: counter })
  let [views, valid] = [0, 0]
  for (const session of sessions.flatMap((one) => [one, asMessages(one)])) {
    const tokens = await tokensOf(session.history)
    for (let step = 0; step < VIEWS_PER_SESSION; step += 1) {
      const share = step / (VIEWS_PER_SESSION - 1)
      const tokenBudget = Math.round(SMALLEST_BUDGET * (tokens / SMALLEST_BUDGET) ** share)
      const view = await prune(pruner, session.history, tokenBudget)
      if (view === undefined) continue
      views += 1
      const problems = [...openaiProblems(toOpenAI(view)), ...geminiProblems(toGemini(view))]
      if (problems.length === 0) valid += 1
      else console.error(`${session.id} at ${tokenBudget}: ${problems.join('; ')}`)
    }
  }
  return { name: 'tool_views_valid_percent', value: (100 * valid) / views, unit: '%', aim: 100 }
}

/** Each conversation as it grows: a view wherever the model is asked, that is after the user or a tool has said something. */
async function replayed(
  conversations: readonly ToolConversation[],
  tokenBudget: number,
  stablePrefix: boolean,
): Promise<Result[]> {
  const sums = { history: 0, views: 0, laterViews: 0, prefixes: 0 }
  for (const { history } of conversations) {
    const pruner = new ContextPruner({ tokenCounter: counter, stablePrefix })
    let before: readonly MemoryItem[] | undefined
    for (const end of turnEnds(history)) {
      const soFar = history.slice(0, end)
      const view = await prune(pruner, soFar, tokenBudget)
      if (view === undefined) continue
      const tokens = await tokensOf(view)
      sums.history += await tokensOf(soFar)
      sums.views += tokens
      if (before !== undefined) {
        sums.laterViews += tokens
        sums.prefixes += await tokensOf(commonPrefix(before, view))
      }
      before = view
    }
  }
  const mode = stablePrefix ? 'stable_' : ''
  return [
    { name: `tokens_kept_percent@${mode}${tokenBudget}`, value: (100 * sums.views) / sums.history, unit: '%' },
    { name: `prefix_stable_percent@${mode}${tokenBudget}`, value: (100 * sums.prefixes) / sums.laterViews, unit: '%' },
  ]
}

function turnEnds(history: readonly MemoryItem[]): number[] {
  return history.flatMap(({ contentType }, place) => {
    const isAsked = contentType === 'user_message' || contentType === 'tool_result'
    // Results of parallel calls come together.
    return isAsked && history[place + 1]?.contentType !== 'tool_result' ? [place + 1] : []
  })
}

function commonPrefix(before: readonly MemoryItem[], view: readonly MemoryItem[]): readonly MemoryItem[] {
  const end = view.findIndex(({ id, content }, i) => before[i]?.id !== id || before[i]?.content !== content)
  return end < 0 ? view : view.slice(0, end)
}

/** Undefined where nothing fits into the budget. */
async function prune(
  pruner: ContextPruner,
  history: readonly MemoryItem[],
  tokenBudget: number,
): Promise<readonly MemoryItem[] | undefined> {
  try {
    return await pruner.pruneByTokenBudget(history, { tokenBudget })
  } catch (error) {
    if ((error as { code?: unknown }).code === 'BUDGET_TOO_SMALL') return undefined
    throw error
  }
}

const counts = new Map<string, number>()

async function tokensOf(items: readonly MemoryItem[]): Promise<number> {
  let sum = 0
  for (const { content } of items) {
    const known = counts.get(content) ?? (await counter.count(content))
    counts.set(content, known)
    sum += known
  }
  return sum
}
