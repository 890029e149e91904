import type { Summarizer } from '../summaries/summarizer.ts'
import type { TokenCounter } from '../token-counter.ts'

export interface GeminiSummaryOptions {
  readonly geminiModel?: string
}

export const GEMINI_OPTIONS: readonly string[] = ['geminiModel']

export function geminiSummarizer(_options: GeminiSummaryOptions, _counter: TokenCounter): Summarizer | undefined {
  return undefined
}
