interface Budget {
  /** When all of it will be there again. */
  fullAt: number
  heldBack: number
}

/** How often each subject may be told of: some times in a row, then once in a while. A state that flaps can't flood anybody. */
export class NoticeBudget {
  readonly #burst: number
  readonly #refillMs: number
  readonly #maxKeys: number
  readonly #budgets = new Map<string, Budget>()

  constructor(burst: number, refillMs: number, maxKeys: number) {
    this.#burst = burst
    this.#refillMs = refillMs
    this.#maxKeys = maxKeys
  }

  /** How many were held back since the last one that passed, or undefined where this one may not pass either. */
  take(key: string, now: number): number | undefined {
    const budget = this.#budget(key)
    // Where the clock has stepped back, nobody waits longer than from an empty budget.
    const fullAt = Math.min(Math.max(budget.fullAt, now), now + this.#burst * this.#refillMs)
    budget.fullAt = fullAt
    if (fullAt - now > (this.#burst - 1) * this.#refillMs) return undefined
    budget.fullAt += this.#refillMs
    const { heldBack } = budget
    budget.heldBack = 0
    return heldBack
  }

  holdBack(key: string): void {
    this.#budget(key).heldBack += 1
  }

  #budget(key: string): Budget {
    const known = this.#budgets.get(key)
    if (known !== undefined) return known
    const fresh = { fullAt: Number.NEGATIVE_INFINITY, heldBack: 0 }
    this.#budgets.set(key, fresh)
    if (this.#budgets.size > this.#maxKeys) this.#budgets.delete(this.#budgets.keys().next().value!)
    return fresh
  }
}
