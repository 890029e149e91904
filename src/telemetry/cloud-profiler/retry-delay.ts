// As Google's agent has them.
const FIRST_MS = 60_000
const MAX_MS = 3_600_000
const FACTOR = 1.3

const MIN_MS = 1_000

/** How long to wait after a failure: at random up to a bound that grows with each, so that a fleet doesn't ask at once. */
export class RetryDelay {
  readonly #random: () => number
  #boundMs = FIRST_MS

  constructor(random: () => number) {
    this.#random = random
  }

  next(): number {
    const ms = Math.max(MIN_MS, this.#random() * this.#boundMs)
    this.#boundMs = Math.min(MAX_MS, this.#boundMs * FACTOR)
    return Math.round(ms)
  }

  reset(): void {
    this.#boundMs = FIRST_MS
  }
}
