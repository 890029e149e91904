import { connectGemini } from '../../clients/gemini.ts'
import type { GeminiCalls, GeminiContent } from '../../clients/gemini-calls.ts'
import { GEMINI_CONNECTION_NAMES, type GeminiConnectionOptions } from '../../clients/gemini-options.ts'
import { ThermoclineError } from '../../errors.ts'
import { checkNames } from '../../lib/check-names.ts'
import { checkNumberOption, invalidOption } from '../../lib/check-options.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { throwIfAborted } from '../abort.ts'
import { toGemini } from '../formats/gemini.ts'
import type { TokenCounter, ViewCounter } from '../token-counter.ts'
import { Calibration } from './calibration.ts'
import { estimatingTokenCounter } from './estimate.ts'

export interface GeminiTokenCounterOptions extends GeminiConnectionOptions {
  /** A connection that is there already, in place of the options of one. */
  readonly calls?: Pick<GeminiCalls, 'countTokens'>
  /** What of the items is sent to the model. @default what toGemini() makes of them */
  readonly toContents?: (items: readonly MemoryItem[]) => readonly GeminiContent[]
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
export function geminiTokenCounter(options: GeminiTokenCounterOptions = {}): TokenCounter {
  checkNames('INVALID_OPTION', 'Cannot make a token counter', options, OPTION_NAMES)
  const { calls, toContents = whatIsSent, clock = systemClock, ...more } = options
  const { margin = DEFAULTS.margin, deadlineMs = DEFAULTS.deadlineMs, pauseMs = DEFAULTS.pauseMs, ...connection } = more
  checkNumberOption('margin', margin, [0, 1, false])
  checkNumberOption('deadlineMs', deadlineMs, [1, 600_000, true])
  checkNumberOption('pauseMs', pauseMs, [0, 86_400_000, true])
  if (calls !== undefined && typeof calls?.countTokens !== 'function') {
    throw invalidOption('calls', 'an object with a method countTokens', calls)
  }
  if (calls !== undefined && Object.keys(connection).length > 0) {
    throw invalidOption('calls', 'calls or the options of a connection, not both', calls)
  }
  const service = { calls: calls ?? connectGemini(connection), toContents, clock, margin, deadlineMs, pauseMs }
  const views = new GeminiViews(service)
  return Object.freeze({ name: 'gemini-estimate', exact: false, count: estimatingTokenCounter().count, views })
}

const DEFAULTS = GEMINI_TOKEN_COUNTER_DEFAULTS
const OPTION_NAMES: readonly string[] = [
  ...['calls', 'toContents', 'clock'],
  ...Object.keys(DEFAULTS),
  ...GEMINI_CONNECTION_NAMES,
]

/** What is asked, and how patiently. */
type Service = Required<Pick<GeminiTokenCounterOptions, 'calls' | 'toContents' | 'clock' | keyof typeof DEFAULTS>>

class GeminiViews implements ViewCounter {
  readonly margin: number
  readonly #service: Service
  readonly #calibration = new Calibration()
  #pausedUntil = Number.NEGATIVE_INFINITY

  constructor(service: Service) {
    this.#service = service
    this.margin = service.margin
  }

  get ratio(): number {
    return this.#calibration.ratio
  }

  async count(items: readonly MemoryItem[], signal?: AbortSignal): Promise<number> {
    throwIfAborted(signal)
    const { calls, toContents, clock, pauseMs } = this.#service
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
    const { clock, deadlineMs } = this.#service
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

/** Instructions are counted as a message: the Gemini API's own count takes no others. */
function whatIsSent(items: readonly MemoryItem[]): readonly GeminiContent[] {
  const { contents, systemInstruction } = toGemini(items)
  const sent = systemInstruction === undefined ? contents : [{ ...systemInstruction, role: 'user' }, ...contents]
  return sent.map(({ role, parts }) => ({ role, parts }))
}

function failed(reason: string, message: string): ThermoclineError {
  return new ThermoclineError('MODEL_FAILED', `Cannot count tokens: ${message}`, { details: { reason } })
}

function retryAfterMs(error: unknown): number | undefined {
  const asked = error instanceof ThermoclineError ? error.details?.retryAfterMs : undefined
  return typeof asked === 'number' && asked > 0 ? asked : undefined
}
