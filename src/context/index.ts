/** Entry `thermocline/context`: pruning, summaries, messages and token counting, without a store. */

export { type ConnectGeminiOptions, connectGemini } from '../clients/gemini.ts'
export type { GeminiCalls } from '../clients/gemini-calls.ts'
export type { GeminiClient, GeminiConnectionOptions } from '../clients/gemini-options.ts'
export type { OpenAIEncoding } from '../clients/gpt-tokenizer.ts'
export type { TiktokenEncoder } from '../clients/tiktoken.ts'
export type { MemoryItem } from '../memory/memory-item.ts'
export {
  ContextPruner,
  type PruneByTokenBudgetOptions,
  type PruneConversationOptions,
} from './context-pruner.ts'
export { fromModelMessages, fromUIMessages, toModelMessages } from './formats/ai-sdk.ts'
export { fromGemini, toGemini } from './formats/gemini.ts'
export type * from './formats/gemini-content.ts'
export type { MessageSession } from './formats/message-session.ts'
export type * from './formats/model-message.ts'
export { OpenCalls } from './formats/open-calls.ts'
export { fromOpenAI, toOpenAI } from './formats/openai.ts'
export type * from './formats/openai-message.ts'
export { contentTypeOfRole } from './formats/roles.ts'
export type { AIUIMessage } from './formats/ui-message.ts'
export type { HistoryItem } from './history/history-item.ts'
export type { History, SessionHistory } from './history/read-history.ts'
export { type MediaTokens, mediaTokens } from './media-tokens.ts'
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
export type { Embedder } from './relevance/embedder.ts'
export { geminiEmbedder } from './relevance/gemini-embedder.ts'
export { CLIP_MARK } from './selection/clip-text.ts'
export type { ServiceFailure } from './service-failure.ts'
export type { RandomBytes } from './summaries/data-block.ts'
export { isUntrusted } from './summaries/item-origin.ts'
export type { SummarizeRequest, Summarizer, Summary } from './summaries/summarizer.ts'
export type { SummaryOrigin } from './summaries/summary-item.ts'
export type { SummaryMemory } from './summaries/summary-memory.ts'
export type { ModelFailure, SummaryModel, SummaryModelAnswer, SummaryPrompt } from './summaries/summary-model.ts'
export { type ExtractiveSummarizerOptions, extractiveSummarizer } from './summarizers/extractive.ts'
export { geminiModel } from './summarizers/gemini.ts'
export {
  type GeminiSummarizerOptions,
  type GeminiSummaryOptions,
  geminiSummarizer,
} from './summarizers/gemini-summarizer.ts'
export { MODEL_SUMMARIZER_DEFAULTS, type ModelSummarizerOptions, modelSummarizer } from './summarizers/model.ts'
export { MODEL_BOUNDS_DEFAULTS, type ModelBounds, resilientModel } from './summarizers/resilient-model.ts'
export type { TokenCounter, ViewCounter } from './token-counter.ts'
export { estimatingTokenCounter } from './token-counters/estimate.ts'
export {
  GEMINI_TOKEN_COUNTER_DEFAULTS,
  type GeminiTokenCounterOptions,
  geminiTokenCounter,
} from './token-counters/gemini.ts'
export type { RankSource } from './token-counters/load-rank-table.ts'
export { type OpenAITokenCounterOptions, openAITokenCounter } from './token-counters/openai.ts'
export { tiktokenCounter } from './token-counters/tiktoken.ts'
