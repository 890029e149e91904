import { ThermoclineError } from '../../errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { Deadlines } from '../../lib/deadlines.ts'

const MAX_IN_FLIGHT = 10_000
/** So many failures in a row, and calls are refused at once. */
const FAILURES_TO_BREAK = 10
const PROBE_AFTER_MS = 500

/**
 * Bounds of calls to one Redis: how long each may take, how many there are at once, and none, but for a probe now and
 * then, while it does not answer.
 */
export class BoundedCalls {
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #deadlines: Deadlines
  #inFlight = 0
  #failuresInARow = 0
  /** When a call failed last, or was let through to find out whether it answers again. */
  #triedAt = 0

  constructor(timeoutMs: number, clock: Clock) {
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.#deadlines = new Deadlines(timeoutMs, clock)
  }

  /** Rejects with what `body` rejects with, or with `STORE_TIMEOUT`, `STORE_UNAVAILABLE` or `OVERLOADED`. */
  async run<T>(action: string, body: () => Promise<T>): Promise<T> {
    this.#admit(action)
    this.#inFlight++
    try {
      const result = await this.#deadlines.limit(body(), () => this.#tooLate(action))
      this.#failuresInARow = 0
      return result
    } catch (error) {
      // An error that Redis answers is an answer.
      const isAnswer = error instanceof Error && error.name === 'ReplyError'
      this.#failuresInARow = isAnswer ? 0 : this.#failuresInARow + 1
      this.#triedAt = this.#clock.now()
      throw error
    } finally {
      this.#inFlight--
    }
  }

  /** A new connection is worth a try. */
  reset(): void {
    this.#failuresInARow = 0
  }

  close(): void {
    this.#deadlines.close()
  }

  #admit(action: string): void {
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      throw new ThermoclineError('OVERLOADED', `Cannot ${action}: ${MAX_IN_FLIGHT} calls are under way`)
    }
    if (this.#failuresInARow < FAILURES_TO_BREAK) return
    const now = this.#clock.now()
    // Whichever way the clock steps, a probe is not put off.
    if (Math.abs(now - this.#triedAt) < PROBE_AFTER_MS) {
      throw new ThermoclineError('STORE_UNAVAILABLE', `Cannot ${action}: Redis does not answer`)
    }
    this.#triedAt = now
  }

  #tooLate(action: string): ThermoclineError {
    return new ThermoclineError(
      'STORE_TIMEOUT',
      `Cannot ${action}: no answer within ${this.#timeoutMs} ms; it may still take effect`,
    )
  }
}
