import { ThermoclineError } from '../../errors.ts'
import { checkNames } from '../../lib/check-names.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { throwIfAborted } from '../abort.ts'
import type { TokenCounter, ViewCounter } from '../token-counter.ts'
import { Calibration } from './calibration.ts'
import { estimatingTokenCounter } from './estimate.ts'

/** A content as Gemini takes it, as far as this needs. */
export interface CountedContent {
  readonly role?: string
  readonly parts?: readonly object[]
}

/** What is used of a connection to Gemini. */
export interface CountTokensCalls {
  /** Tokens of all the contents together. One request, given up when the signal is aborted. */
  countTokens(contents: readonly CountedContent[], signal: AbortSignal): Promise<number>
}

export interface GeminiTokenCounterOptions {
  readonly calls: CountTokensCalls
  /** What of the items is sent to the model. @default their contents, as texts of user and model */
  readonly toContents?: (items: readonly MemoryItem[]) => readonly CountedContent[]
  /** Share of a budget that is kept free where the service doesn't answer, 0 to 1. @default 0.1 */
  readonly margin?: number
  /** How long the service may take for a count, in milliseconds. @default 2000 */
  readonly deadlineMs?: number
  /** How long the service isn't asked after it failed, in milliseconds, unless it says how long itself. @default 30_000 */
  readonly pauseMs?: number
  readonly clock?: Clock
}

export const GEMINI_TOKEN_COUNTER_DEFAULTS: {
  readonly margin: number
  readonly deadlineMs: number
  readonly pauseMs: number
} = Object.freeze({ margin: 0.1, deadlineMs: 2000, pauseMs: 30_000 })

/**
 * Gemini's tokens. Its vocabulary is not published, and its service counts whole requests, so a text by itself is an
 * estimate: that of {@link estimatingTokenCounter}. A finished view is counted by one request, and each answer
 * corrects what later estimates stand for. Where the service doesn't answer, the estimate stands with a margin.
 *
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function geminiTokenCounter(options: GeminiTokenCounterOptions): TokenCounter {
  checkNames('INVALID_OPTION', 'Cannot make a token counter', options, [
    ...['calls', 'toContents', 'clock'],
    ...Object.keys(GEMINI_TOKEN_COUNTER_DEFAULTS),
  ])
  if (typeof options.calls?.countTokens !== 'function') {
    throw new ThermoclineError('INVALID_OPTION', 'Cannot make a token counter: expected calls with countTokens')
  }
  const settings = { toContents: textContents, clock: systemClock, ...GEMINI_TOKEN_COUNTER_DEFAULTS, ...options }
  checkRange('margin', settings.margin, 1)
  checkRange('deadlineMs', settings.deadlineMs, 600_000)
  checkRange('pauseMs', settings.pauseMs, 86_400_000)
  const { count } = estimatingTokenCounter()
  return Object.freeze({ name: 'gemini-estimate', exact: false, count, views: new GeminiViews(settings) })
}

class GeminiViews implements ViewCounter {
  readonly margin: number
  readonly #settings: Required<GeminiTokenCounterOptions>
  readonly #calibration = new Calibration()
  #pausedUntil = Number.NEGATIVE_INFINITY

  constructor(settings: Required<GeminiTokenCounterOptions>) {
    this.#settings = settings
    this.margin = settings.margin
  }

  get ratio(): number {
    return this.#calibration.ratio
  }

  async count(items: readonly MemoryItem[], signal?: AbortSignal): Promise<number> {
    throwIfAborted(signal)
    const { calls, toContents, clock, pauseMs } = this.#settings
    if (clock.now() < this.#pausedUntil) throw failed('shut-off', 'the service failed and is asked again in a moment')
    const contents = toContents(items)
    if (contents.length === 0) return 0
    let counted: number
    try {
      counted = await this.#withinDeadline((until) => calls.countTokens(contents, until), signal)
    } catch (error) {
      throwIfAborted(signal)
      this.#pausedUntil = clock.now() + (retryAfterMs(error) ?? pauseMs)
      throw error
    }
    if (!Number.isSafeInteger(counted) || counted < 0) throw failed('malformed', 'the service gave no count')
    let estimated = 0
    for (const { content } of items) estimated += await estimatingTokenCounter().count(content)
    this.#calibration.learn(estimated, counted)
    return counted
  }

  /** Also where the calls don't hear of it. */
  async #withinDeadline<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const { clock, deadlineMs } = this.#settings
    const ended = new AbortController()
    const until = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal])
    const late = clock.sleep(deadlineMs, until).then(() => {
      throwIfAborted(signal)
      throw failed('timeout', `no answer within ${deadlineMs} ms`)
    })
    // It loses the race in most cases, and is then of no interest.
    late.catch(() => {})
    try {
      return await Promise.race([call(until), late])
    } finally {
      ended.abort()
    }
  }
}

/** Gemini wants a role to alternate with the other, which counts don't depend on. */
function textContents(items: readonly MemoryItem[]): readonly CountedContent[] {
  return items
    .filter(({ content }) => content !== '')
    .map(({ content, contentType }) => ({
      role: contentType === 'assistant_message' || contentType === 'tool_call' ? 'model' : 'user',
      parts: [{ text: content }],
    }))
}

function failed(reason: string, message: string): ThermoclineError {
  return new ThermoclineError('MODEL_FAILED', `Cannot count tokens: ${message}`, { details: { reason } })
}

function retryAfterMs(error: unknown): number | undefined {
  const asked = error instanceof ThermoclineError ? error.details?.retryAfterMs : undefined
  return typeof asked === 'number' && asked > 0 ? asked : undefined
}

function checkRange(name: string, value: number, most: number): void {
  if (typeof value === 'number' && value >= 0 && value <= most) return
  throw new ThermoclineError(
    'INVALID_OPTION',
    `Cannot use ${name}: expected a number of 0 to ${most}: received ${String(value)}`,
  )
}
