import { connectGemini } from '../../clients/gemini.ts'
import { GEMINI_CONNECTION_NAMES, type GeminiConnectionOptions } from '../../clients/gemini-options.ts'
import type { Summarizer } from '../summaries/summarizer.ts'
import type { TokenCounter } from '../token-counter.ts'
import { geminiModel } from './gemini.ts'
import { modelSummarizer } from './model.ts'
import { type ModelBounds, resilientModel } from './resilient-model.ts'

export interface GeminiSummarizerOptions extends GeminiConnectionOptions {
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

/** Whether any option says that Gemini is meant. */
export function namesGemini(options: object): boolean {
  return GEMINI_CONNECTION_NAMES.some((name) => Reflect.get(options, name) !== undefined)
}

/** What of some options is about Gemini. */
export function geminiConnection(options: GeminiConnectionOptions): GeminiConnectionOptions {
  const given = Object.entries(options).filter(
    ([name, value]) => GEMINI_CONNECTION_NAMES.includes(name) && value !== undefined,
  )
  return Object.fromEntries(given) as GeminiConnectionOptions
}
