/** Entry `thermocline/context`: pruning, summaries, messages and token counting, without a store. */

export type { OpenAIEncoding } from '../clients/gpt-tokenizer.ts'
export {
  ContextPruner,
  type PruneByTokenBudgetOptions,
  type PruneConversationOptions,
} from './context-pruner.ts'
export { fromModelMessages, fromUIMessages, toModelMessages } from './formats/ai-sdk.ts'
export { fromGemini, toGemini } from './formats/gemini.ts'
export type { GeminiContent, GeminiPart, GeminiRequest } from './formats/gemini-content.ts'
export type { MessageSession } from './formats/message-session.ts'
export type * from './formats/model-message.ts'
export { OpenCalls } from './formats/open-calls.ts'
export { fromOpenAI, toOpenAI } from './formats/openai.ts'
export type * from './formats/openai-message.ts'
export type { AIUIMessage } from './formats/ui-message.ts'
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
export type { Summarizer, SummarizeRequest, Summary } from './summaries/summarizer.ts'
export type { SummaryMemory } from './summaries/summary-memory.ts'
export type { TokenCounter } from './token-counter.ts'
export { estimatingTokenCounter } from './token-counters/estimate.ts'
export { type OpenAITokenCounterOptions, openAITokenCounter } from './token-counters/openai.ts'
