import type { Clock } from '../../lib/clock.ts'

type State =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly since: number }
  /** One call is finding out. */
  | { readonly kind: 'half-open'; readonly since: number }

const CLOSED: State = Object.freeze({ kind: 'closed', failures: 0 })

/** Shuts off what failed so often in a row. After a pause one call may try it, and decides. */
export class ModelBreaker {
  readonly #failures: number
  readonly #pauseMs: number
  readonly #clock: Clock
  #state: State = CLOSED

  constructor(failures: number, pauseMs: number, clock: Clock) {
    this.#failures = failures
    this.#pauseMs = pauseMs
    this.#clock = clock
  }

  get isClosed(): boolean {
    return this.#state.kind === 'closed'
  }

  /** Milliseconds until it is tried again. 0: this call may go on, and has to say what came of it. */
  enter(): number {
    const state = this.#state
    if (state.kind === 'closed') return 0
    const passed = this.#clock.now() - state.since
    // A clock that stepped back says nothing of how long it was.
    const left = passed < 0 ? 0 : Math.max(0, this.#pauseMs - passed)
    if (left > 0) return left
    // Whoever is finding out has as long again.
    this.#state = { kind: 'half-open', since: this.#clock.now() }
    return 0
  }

  succeeded(): void {
    this.#state = CLOSED
  }

  failed(): void {
    const state = this.#state
    if (state.kind === 'open') return
    const failures = state.kind === 'closed' ? state.failures + 1 : this.#failures
    const isOver = failures >= this.#failures
    this.#state = isOver ? { kind: 'open', since: this.#clock.now() } : { kind: 'closed', failures }
  }

  /** The call came to nothing that speaks for or against it. */
  left(): void {
    if (this.#state.kind === 'half-open') this.#state = { kind: 'open', since: this.#clock.now() - this.#pauseMs }
  }
}
