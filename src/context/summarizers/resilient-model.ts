import { RetryBudget } from '../../clients/retry-budget.ts'
import { isThermoclineError, ThermoclineError } from '../../errors.ts'
import { checkNames } from '../../lib/check-names.ts'
import { checkNumberOption, type NumberRange } from '../../lib/check-options.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { within } from '../../lib/within.ts'
import type { ModelFailure, SummaryModel, SummaryModelAnswer, SummaryPrompt } from '../summaries/summary-model.ts'
import { ModelBreaker } from './model-breaker.ts'

/** Bounds of the requests to a model. */
export interface ModelBounds {
  /** Longest time for one prompt, repeats and waits included, in milliseconds. @default 10_000 */
  readonly deadlineMs?: number
  /** Longest time for one request, in milliseconds. @default 8000 */
  readonly attemptMs?: number
  /** Most requests for one prompt. @default 3 */
  readonly maxAttempts?: number
  /** Requests that fail in a row until the model is shut off. @default 5 */
  readonly breakerFailures?: number
  /** How long it is shut off before one request tries it, in milliseconds. @default 30_000 */
  readonly breakerPauseMs?: number
  readonly clock?: Clock
  /** @default Math.random */
  readonly random?: () => number
}

export const MODEL_BOUNDS_DEFAULTS: Required<Omit<ModelBounds, 'clock' | 'random'>> = Object.freeze({
  deadlineMs: 10_000,
  attemptMs: 8_000,
  maxAttempts: 3,
  breakerFailures: 5,
  breakerPauseMs: 30_000,
})

const RANGES: Readonly<Record<keyof typeof MODEL_BOUNDS_DEFAULTS, NumberRange>> = {
  deadlineMs: [1, 2_147_483_647, true],
  attemptMs: [1, 2_147_483_647, true],
  maxAttempts: [1, 100, true],
  breakerFailures: [1, 1_000_000, true],
  breakerPauseMs: [0, 2_147_483_647, true],
}

/** What may be otherwise a moment later. */
const MAY_PASS: ReadonlySet<unknown> = new Set<ModelFailure>(['rate-limited', 'unavailable', 'timeout'])
/** What a model may say otherwise when it is asked again, once. */
const ODD_ANSWER: ReadonlySet<unknown> = new Set<ModelFailure>(['malformed', 'empty', 'truncated'])

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 4_000
/** A service that asks for more, such as the rest of a day, is tried again after that. */
const LONGEST_HOLD_MS = 600_000

/**
 * A model whose calls end in time. What may pass is tried again after as long as the service asks for, or a random pause,
 * and given up at once where the deadline leaves no time for that. Repeats of all calls share one budget, so that they
 * add at most a tenth to the load of a service in trouble. While a service asks to wait, further calls don't ask it, and
 * one that fails again and again is shut off for a while.
 *
 * @throws ThermoclineError `INVALID_OPTION`. Its `generate` throws what the model throws; `MODEL_FAILED` with the reasons
 * `timeout`, `shut-off` and `rate-limited` of its own; and `ABORTED` as soon as the signal is aborted
 */
export function resilientModel(model: SummaryModel, bounds: ModelBounds = {}): SummaryModel {
  checkNames('INVALID_OPTION', 'Cannot bound a model', bounds, [...Object.keys(RANGES), 'clock', 'random'])
  const given = Object.fromEntries(Object.entries(bounds).filter(([, value]) => value !== undefined))
  const settings = { clock: systemClock, random: Math.random, ...MODEL_BOUNDS_DEFAULTS, ...given }
  for (const name of Object.keys(RANGES) as (keyof typeof RANGES)[])
    checkNumberOption(name, settings[name], RANGES[name])
  return new ResilientModel(model, settings)
}

class ResilientModel implements SummaryModel {
  readonly #model: SummaryModel
  readonly #bounds: Required<ModelBounds>
  readonly #breaker: ModelBreaker
  readonly #budget = new RetryBudget()
  /** When the service asked not to be asked, and for how long. */
  #hold = { since: 0, ms: 0 }

  constructor(model: SummaryModel, bounds: Required<ModelBounds>) {
    this.#model = model
    this.#bounds = bounds
    this.#breaker = new ModelBreaker(bounds.breakerFailures, bounds.breakerPauseMs, bounds.clock)
  }

  get name(): string {
    return this.#model.name
  }

  async generate(prompt: SummaryPrompt, signal: AbortSignal): Promise<SummaryModelAnswer> {
    if (signal.aborted) throw this.#aborted(signal)
    const { clock, deadlineMs } = this.#bounds
    const call = { prompt, caller: signal, until: clock.now() + deadlineMs }
    const tooLate = (): Error => (signal.aborted ? this.#aborted(signal) : this.#failed('timeout', inTime(deadlineMs)))
    return within(clock, deadlineMs, signal, (stop) => this.#ask(call, stop), tooLate)
  }

  async #ask({ prompt, caller, until }: Call, stop: AbortSignal): Promise<SummaryModelAnswer> {
    const { clock, attemptMs, maxAttempts } = this.#bounds
    let oddAnswers = 0
    for (let attempt = 1; ; attempt++) {
      await this.#untilAllowed(until, stop)
      try {
        const tooLate = (): Error => this.#failed('timeout', inTime(attemptMs))
        const answer = await within(clock, attemptMs, stop, (signal) => this.#model.generate(prompt, signal), tooLate)
        this.#breaker.succeeded()
        this.#budget.succeeded()
        return answer
      } catch (error) {
        const reason = this.#note(error, caller)
        if (ODD_ANSWER.has(reason)) oddAnswers += 1
        const mayHelp = ODD_ANSWER.has(reason) ? oddAnswers === 1 : MAY_PASS.has(reason) && this.#budget.failed()
        if (!mayHelp || attempt >= maxAttempts || !this.#breaker.isClosed) throw error
        const pauseMs = retryAfterMs(error) ?? this.#pauseMs(attempt)
        if (stop.aborted || clock.now() + pauseMs >= until) throw error
        await clock.sleep(pauseMs, stop)
      }
    }
  }

  /** Waits for as long as the service asked an earlier call to. */
  async #untilAllowed(until: number, stop: AbortSignal): Promise<void> {
    const { clock } = this.#bounds
    const passed = clock.now() - this.#hold.since
    const holdMs = passed < 0 ? 0 : this.#hold.ms - passed
    if (holdMs > 0) {
      if (clock.now() + holdMs >= until) {
        throw this.#failed('rate-limited', `the service asks to wait for another ${holdMs} ms`, holdMs)
      }
      await clock.sleep(holdMs, stop)
    }
    if (stop.aborted) throw this.#failed('timeout', 'given up')
    const shutOffMs = this.#breaker.enter()
    if (shutOffMs > 0) {
      throw this.#failed('shut-off', `it failed repeatedly and is tried again in ${shutOffMs} ms`, shutOffMs)
    }
  }

  /** Learns from a failure, and says what it is; `undefined` for what is none of the model's. */
  #note(error: unknown, caller: AbortSignal): unknown {
    const reason = isThermoclineError(error, 'MODEL_FAILED') ? error.details.reason : undefined
    if (caller.aborted || reason === undefined) this.#breaker.left()
    else if (MAY_PASS.has(reason) || reason === 'refused') this.#breaker.failed()
    // It answered.
    else this.#breaker.succeeded()
    const asked = retryAfterMs(error)
    if (asked !== undefined) this.#hold = { since: this.#bounds.clock.now(), ms: Math.min(asked, LONGEST_HOLD_MS) }
    return reason
  }

  /** Random over the whole of a span that doubles: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter */
  #pauseMs(attempt: number): number {
    return Math.ceil(this.#bounds.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt))
  }

  #failed(reason: ModelFailure, why: string, retryAfterMs?: number): ThermoclineError {
    return new ThermoclineError('MODEL_FAILED', `Cannot generate with ${this.name}: ${why}`, {
      details: { reason, model: this.name, ...(retryAfterMs !== undefined && { retryAfterMs }) },
    })
  }

  #aborted(signal: AbortSignal): ThermoclineError {
    const message = `Cannot generate with ${this.name}: aborted by the caller`
    return new ThermoclineError('ABORTED', message, { cause: signal.reason })
  }
}

interface Call {
  readonly prompt: SummaryPrompt
  readonly caller: AbortSignal
  /** When it is given up, by the clock. */
  readonly until: number
}

function inTime(ms: number): string {
  return `no answer within ${ms} ms`
}

function retryAfterMs(error: unknown): number | undefined {
  const ms = isThermoclineError(error) ? error.details.retryAfterMs : undefined
  return typeof ms === 'number' && ms >= 0 ? ms : undefined
}
