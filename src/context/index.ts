/** Entry `thermocline/context`: pruning and token counting, without a store. */

export type { OpenAIEncoding } from '../clients/gpt-tokenizer.ts'
export {
  CONTEXT_PRUNER_DEFAULTS,
  ContextPruner,
  type ContextPrunerOptions,
  type PruneByTokenBudgetOptions,
} from './context-pruner.ts'
export type { History } from './history/collect-history.ts'
export type { ClippedItem, HiddenItem, HiddenReason, PrunedHistory, PruneReport } from './pruned-history.ts'
export { CLIP_MARK } from './selection/clip-text.ts'
export type { TokenCounter } from './token-counter.ts'
export { estimatingTokenCounter } from './token-counters/estimate.ts'
export { type OpenAITokenCounterOptions, openAITokenCounter } from './token-counters/openai.ts'
