/** What the rolling summary of a long conversation costs: tokens and calls, over 500 turns that are pruned one by one. */
import { ContextPruner, type MemoryItem, modelSummarizer, openAITokenCounter } from '../dist/context/index.js'
import { benchOptions, report } from './report.ts'
import { madeUpTurns } from './summary/made-up-turns.ts'
import { RecordingModel } from './summary/recording-model.ts'

const TURNS = 500
const options = benchOptions()
const counter = openAITokenCounter()
const model = new RecordingModel(counter)
const pruner = new ContextPruner({
  summarizer: modelSummarizer({ model, tokenCounter: counter }),
  tokenCounter: counter,
})

const history: MemoryItem[] = []
let historyTokens = 0
/** What a summary made from all that is hidden would have been sent, each time that ours was extended. */
let anewTokens = 0
let halfway = 0
let summaryTokens = 0
let viewTokens = 0
for (const [turn, items] of madeUpTurns(TURNS).entries()) {
  history.push(...items)
  for (const { content } of items) historyTokens += await counter.count(content)
  const before = model.calls
  const { report } = await pruner.pruneConversationHistory(history, { userId: 'ada', sessionId: 'bench' })
  if (model.calls > before) anewTokens += historyTokens - report.tokensByPart.recent
  if (report.summary?.failure !== undefined) throw new Error(`A summary failed: ${report.summary.failure.message}`)
  summaryTokens += report.tokensByPart.summary
  viewTokens += report.tokensAfter
  if (turn === TURNS / 2 - 1) halfway = model.inputTokens
}

const results = [
  { name: 'summary_tokens_500_vs_250', value: model.inputTokens / halfway, unit: 'x', aim: 2.2, better: 'less' },
  { name: 'tokens_sent_per_turn', value: model.inputTokens / TURNS, unit: 'tokens', better: 'less' },
  { name: 'tokens_answered_per_turn', value: model.outputTokens / TURNS, unit: 'tokens', better: 'less' },
  { name: 'tokens_said_per_turn', value: historyTokens / TURNS, unit: 'tokens' },
  { name: 'calls_per_100_turns', value: (100 * model.calls) / TURNS, unit: '', better: 'less' },
  { name: 'sent_of_summaries_made_anew', value: (100 * model.inputTokens) / anewTokens, unit: '%', better: 'less' },
  { name: 'summary_share_of_view', value: (100 * summaryTokens) / viewTokens, unit: '%' },
] as const
report('summary', results, options)
