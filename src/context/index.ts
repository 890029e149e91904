/** Entry `thermocline/context`: pruning, summaries, messages and token counting, without a store. */

export type { OpenAIEncoding } from '../clients/gpt-tokenizer.ts'
export {
  ContextPruner,
  type PruneByTokenBudgetOptions,
  type PruneConversationOptions,
} from './context-pruner.ts'
export type { History, SessionHistory } from './history/read-history.ts'
export type {
  ClippedItem,
  HiddenItem,
  HiddenReason,
  PrunedHistory,
  PruneReport,
  SummaryReport,
  TokensByPart,
} from './pruned-history.ts'
export { CONTEXT_PRUNER_DEFAULTS, type ContextPrunerOptions, type SummaryExclusion } from './pruner-options.ts'
export { CLIP_MARK } from './selection/clip-text.ts'
export type { SummarizeRequest, Summarizer, Summary } from './summaries/summarizer.ts'
export type { SummaryMemory } from './summaries/summary-memory.ts'
export type { TokenCounter } from './token-counter.ts'
export { estimatingTokenCounter } from './token-counters/estimate.ts'
export { type OpenAITokenCounterOptions, openAITokenCounter } from './token-counters/openai.ts'
