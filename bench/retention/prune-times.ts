import { ContextPruner, type TokenCounter } from '../../dist/context/index.js'
import type { MemoryItem } from '../../dist/index.js'
import { median, timed } from '../compare.ts'
import type { Result } from '../report.ts'
import { type Conversation, longHistory } from './conversations.ts'

const TOKEN_BUDGET = 2000
const WARM_ROUNDS = 400
const COLD_ROUNDS = 200
const LARGE_COLD_ROUNDS = 30

/** How long a prune takes once all items are counted: with the index of the history kept, and made in the call. */
export async function pruneTimes(
  conversations: readonly Conversation[],
  tokenCounter: TokenCounter,
): Promise<readonly Result[]> {
  const questions = conversations.flatMap((conversation) => conversation.questions.map(({ question }) => question))
  let asked = 0
  const prune = (pruner: ContextPruner, history: readonly MemoryItem[]): Promise<unknown> =>
    pruner.pruneByTokenBudget(history, { tokenBudget: TOKEN_BUDGET, query: questions[asked++ % questions.length]! })
  // A pruner that never pruned has no index; counts are its counter's.
  const cold = async (history: readonly MemoryItem[]): Promise<number> => {
    const pruner = new ContextPruner({ tokenCounter })
    return timed(() => prune(pruner, history))
  }
  const warm = new ContextPruner({ tokenCounter })
  const [some, thousand, tenThousand] = [600, 1000, 10_000].map((length) => longHistory(conversations, length)) as [
    readonly MemoryItem[],
    readonly MemoryItem[],
    readonly MemoryItem[],
  ]
  const warmMs = await medianMs(WARM_ROUNDS, () => timed(() => prune(warm, some)))
  const coldMs = await medianMs(COLD_ROUNDS, () => cold(some))
  const thousandMs = await medianMs(COLD_ROUNDS, () => cold(thousand))
  const tenThousandMs = await medianMs(LARGE_COLD_ROUNDS, () => cold(tenThousand))
  return [
    { name: 'prune600_warm_ms', value: warmMs, unit: 'ms', aim: 1, better: 'less' },
    { name: 'prune600_cold_ms', value: coldMs, unit: 'ms', aim: 6, better: 'less' },
    { name: 'prune10000_cold_ms', value: tenThousandMs, unit: 'ms', aim: 80, better: 'less' },
    { name: 'prune_growth', value: tenThousandMs / 10 / thousandMs, unit: 'x', better: 'less' },
  ]
}

async function medianMs(rounds: number, round: () => Promise<number>): Promise<number> {
  // Until it is compiled.
  for (let warmUp = 0; warmUp < rounds / 4; warmUp++) await round()
  const times: number[] = []
  for (let i = 0; i < rounds; i++) times.push(await round())
  return median(times)
}
