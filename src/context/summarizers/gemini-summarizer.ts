import { connectGemini } from '../../clients/gemini.ts'
import { GEMINI_CONNECTION_NAMES, type GeminiConnectionOptions } from '../../clients/gemini-options.ts'
import type { Summarizer } from '../summaries/summarizer.ts'
import type { TokenCounter } from '../token-counter.ts'
import { geminiModel } from './gemini.ts'
import { modelSummarizer } from './model.ts'
import { type ModelBounds, resilientModel } from './resilient-model.ts'

/** Where summaries are written by Gemini. Any of these is enough to choose it. */
export type GeminiSummaryOptions = Omit<GeminiConnectionOptions, 'geminiEmbeddingModel'>

export interface GeminiSummarizerOptions extends GeminiSummaryOptions {
  /** Bounds of one summary's requests. @default MODEL_BOUNDS_DEFAULTS */
  readonly bounds?: ModelBounds
  /** Keeps a summary within its tokens. @default estimatingTokenCounter() */
  readonly tokenCounter?: TokenCounter
}

/**
 * Summaries by Gemini, through @google/genai or a client of yours: with a deadline, repeats that honour the delay that the
 * service asks for, and a breaker. Sends nothing before the first summary.
 *
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function geminiSummarizer(options: GeminiSummarizerOptions = {}): Summarizer {
  const { bounds, tokenCounter, ...connection } = options
  const model = resilientModel(geminiModel(connectGemini(connection)), bounds)
  return modelSummarizer({ model, ...(tokenCounter !== undefined && { tokenCounter }) })
}

export const GEMINI_SUMMARY_NAMES: readonly string[] = GEMINI_CONNECTION_NAMES.filter(
  (name) => name !== 'geminiEmbeddingModel',
)

/** What of some options is about Gemini, or undefined where nothing is. */
export function geminiOptionsOf(options: object): GeminiSummaryOptions | undefined {
  const given = Object.entries(options).filter(
    ([name, value]) => GEMINI_SUMMARY_NAMES.includes(name) && value !== undefined,
  )
  return given.length === 0 ? undefined : Object.fromEntries(given)
}
