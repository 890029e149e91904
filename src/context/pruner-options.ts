import { type ErrorCode, ThermoclineError } from '../errors.ts'
import { checkNames, shown } from '../lib/check-names.ts'
import { checkNumberOption } from '../lib/check-options.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import { mediaTokens } from './media-tokens.ts'
import type { Embedder } from './relevance/embedder.ts'
import { isUntrusted } from './summaries/item-origin.ts'
import type { Summarizer } from './summaries/summarizer.ts'
import type { SummaryMemory } from './summaries/summary-memory.ts'
import {
  GEMINI_SUMMARY_NAMES,
  type GeminiSummaryOptions,
  geminiOptionsOf,
  geminiSummarizer,
} from './summarizers/gemini-summarizer.ts'
import type { TokenCounter } from './token-counter.ts'
import { openAITokenCounter } from './token-counters/openai.ts'

/** Which items must not go into a summary: those that came from tools or the web, or those that a function says. */
export type SummaryExclusion = 'none' | 'untrusted' | ((item: MemoryItem) => boolean)

export interface ContextPrunerOptions extends GeminiSummaryOptions {
  /** Items that `pruneConversationHistory` keeps before it begins to prune. System and pinned ones don't count. @default 15 */
  readonly maxContextItems?: number
  /** Budget in tokens, of a prune that names none too. @default 4000 */
  readonly maxContextTokens?: number
  /** Fewest items of a history of which `pruneConversationHistory` makes a summary. @default 25 */
  readonly summarizationThreshold?: number
  /** Most tokens of a summary; never more than a quarter of the budget. @default 1000 */
  readonly summaryMaxTokens?: number
  /**
   * Makes the summaries. Where it fails, {@link extractiveSummarizer} stands in.
   * @default Gemini where one of its options is given, else extractiveSummarizer()
   */
  readonly summarizer?: Summarizer
  /**
   * Longest time that a prune waits for a summary, in milliseconds, 1 to 600,000: then an extractive one stands in.
   * @default 30_000
   */
  readonly summaryTimeoutMs?: number
  /** @default "none" */
  readonly excludeFromSummary?: SummaryExclusion
  /** Where summaries are stored, and sessions read from. @default none: summaries live in this process */
  readonly memory?: SummaryMemory
  readonly clock?: Clock
  /** @default openAITokenCounter(), which needs the package gpt-tokenizer or tiktoken */
  readonly tokenCounter?: TokenCounter
  /**
   * Tokens that each item costs beside its content: role, separators. About 4 for OpenAI's chat messages. The default
   * makes the budget one of contents alone. @default 0
   */
  readonly tokensPerItem?: number
  /**
   * Tokens that an item costs beside its content and `tokensPerItem`, an integer of at least 0, the same each time:
   * {@link mediaTokens} for images. A clipped item is asked about anew, without its payload.
   * @default mediaTokens({ image: 258 })
   */
  readonly extraTokens?: (item: MemoryItem) => number
  /**
   * Share of the budget, 0 to 1, that `pruneByTokenBudget` spends on the newest items before it picks older ones. @default 0.1
   */
  readonly recentShare?: number
  /**
   * Reads the meaning of a query and of the 100 items that its words speak for most, and lets both decide. Where it fails,
   * words alone do. @default none: nothing is sent anywhere
   */
  readonly embedder?: Embedder
  /** Longest time that a prune waits for the embedder, in milliseconds, 1 to 600,000. @default 3000 */
  readonly embedTimeoutMs?: number
  /**
   * Keeps the beginning of the views of a growing session the same for as long as it can, for a provider's prompt cache:
   * views are the newest items without picked ones, and are cut in steps of a third of the budget. @default false
   */
  readonly stablePrefix?: boolean
}

export const CONTEXT_PRUNER_DEFAULTS: {
  readonly maxContextItems: number
  readonly maxContextTokens: number
  readonly summarizationThreshold: number
  readonly summaryMaxTokens: number
  readonly summaryTimeoutMs: number
  readonly embedTimeoutMs: number
  readonly tokensPerItem: number
  readonly recentShare: number
  readonly stablePrefix: boolean
} = Object.freeze({
  maxContextItems: 15,
  maxContextTokens: 4000,
  summarizationThreshold: 25,
  summaryMaxTokens: 1000,
  summaryTimeoutMs: 30_000,
  embedTimeoutMs: 3000,
  tokensPerItem: 0,
  recentShare: 0.1,
  stablePrefix: false,
})

/** Checked, with all defaults. */
export interface ResolvedPrunerOptions {
  readonly maxContextItems: number
  readonly maxContextTokens: number
  readonly summarizationThreshold: number
  readonly summaryMaxTokens: number
  readonly summaryTimeoutMs: number
  readonly embedTimeoutMs: number
  readonly tokensPerItem: number
  readonly recentShare: number
  readonly stablePrefix: boolean
  readonly tokenCounter: TokenCounter
  /** Beside the content of an item. Throws where the caller's function gives no count. */
  readonly tokensBeside: (item: MemoryItem) => number
  /** Undefined: extractive ones by choice. */
  readonly summarizer: Summarizer | undefined
  readonly embedder: Embedder | undefined
  readonly mayCover: (item: MemoryItem) => boolean
  readonly memory: SummaryMemory | undefined
  readonly clock: Clock
}

// Of an image that Gemini takes as one tile; OpenAI's models take from 85 on.
const IMAGE_TOKENS = 258

const NAMES: readonly string[] = [
  ...Object.keys(CONTEXT_PRUNER_DEFAULTS),
  ...['summarizer', 'excludeFromSummary', 'memory', 'tokenCounter', 'extraTokens', 'embedder', 'clock'],
  ...GEMINI_SUMMARY_NAMES,
]

/** @throws ThermoclineError `INVALID_OPTION` */
export function resolvePrunerOptions(options: ContextPrunerOptions): ResolvedPrunerOptions {
  checkNames('INVALID_OPTION', 'Cannot make a pruner', options, NAMES)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const all = { ...CONTEXT_PRUNER_DEFAULTS, ...given } as typeof CONTEXT_PRUNER_DEFAULTS & ContextPrunerOptions
  const integer = (name: keyof typeof CONTEXT_PRUNER_DEFAULTS, least: number): number =>
    checkInteger('INVALID_OPTION', name, all[name], least)
  for (const name of ['summaryTimeoutMs', 'embedTimeoutMs'] as const) {
    checkNumberOption(name, all[name], [1, 600_000, true])
  }
  const tokenCounter = checkMethod('tokenCounter', all.tokenCounter ?? openAITokenCounter(), 'count')
  return {
    maxContextItems: integer('maxContextItems', 1),
    maxContextTokens: integer('maxContextTokens', 1),
    summarizationThreshold: integer('summarizationThreshold', 1),
    summaryMaxTokens: integer('summaryMaxTokens', 1),
    summaryTimeoutMs: all.summaryTimeoutMs,
    embedTimeoutMs: all.embedTimeoutMs,
    embedder: all.embedder === undefined ? undefined : checkMethod('embedder', all.embedder, 'embed'),
    tokensPerItem: integer('tokensPerItem', 0),
    tokensBeside: tokensBeside(integer('tokensPerItem', 0), all.extraTokens),
    recentShare: checkShare('recentShare', all.recentShare),
    stablePrefix: checkBoolean('stablePrefix', all.stablePrefix),
    tokenCounter,
    summarizer: chooseSummarizer(options, tokenCounter),
    clock: all.clock ?? systemClock,
    mayCover: mayCoverBy(all.excludeFromSummary ?? 'none'),
    memory: all.memory === undefined ? undefined : checkMethod('memory', all.memory, 'getConversationHistory'),
  }
}

function tokensBeside(
  tokensPerItem: number,
  extraTokens: (item: MemoryItem) => number = mediaTokens({ image: IMAGE_TOKENS }),
): (item: MemoryItem) => number {
  if (typeof extraTokens !== 'function') throw invalid('extraTokens', 'a function', extraTokens)
  return (item) => {
    const tokens: unknown = extraTokens(item)
    if (Number.isSafeInteger(tokens) && (tokens as number) >= 0) return tokensPerItem + (tokens as number)
    throw invalid('extraTokens', 'it to give an integer of at least 0', tokens)
  }
}

function chooseSummarizer(options: ContextPrunerOptions, tokenCounter: TokenCounter): Summarizer | undefined {
  const { summarizer } = options
  const gemini = geminiOptionsOf(options)
  if (gemini === undefined) return summarizer && checkMethod('summarizer', summarizer, 'summarize')
  if (summarizer === undefined) return geminiSummarizer({ ...gemini, tokenCounter })
  throw new ThermoclineError(
    'INVALID_OPTION',
    'Cannot use summarizer: options of Gemini are given too: expected one of them',
    { details: { name: 'summarizer' } },
  )
}

export function checkInteger(code: ErrorCode, name: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number
  throw new ThermoclineError(
    code,
    `Cannot use ${name}: expected an integer of at least ${least}: received ${shown(value)}`,
    {
      details: { name },
    },
  )
}

function checkShare(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw invalid(name, 'a number from 0 to 1', value)
}

function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(name, 'true or false', value)
}

function checkMethod<T extends object>(name: string, value: T, method: keyof T & string): T {
  if (typeof value === 'object' && value !== null && typeof value[method] === 'function') return value
  throw invalid(name, `an object with a method ${method}`, value)
}

function mayCoverBy(exclusion: SummaryExclusion): (item: MemoryItem) => boolean {
  if (exclusion === 'none') return () => true
  if (exclusion === 'untrusted') return (item) => !isUntrusted(item)
  if (typeof exclusion === 'function') return (item) => !exclusion(item)
  throw invalid('excludeFromSummary', '"none", "untrusted" or a function', exclusion)
}

function invalid(name: string, expected: string, received: unknown): ThermoclineError {
  return new ThermoclineError(
    'INVALID_OPTION',
    `Cannot use ${name}: expected ${expected}: received ${shown(received)}`,
    {
      details: { name },
    },
  )
}
