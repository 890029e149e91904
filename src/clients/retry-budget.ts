const FULL = 10
const TOKENS_PER_SUCCESS = 0.1

/**
 * Bounds how much repeating adds to the load of a service in trouble: to at most a tenth once the first are spent.
 * As gRPC throttles its own retries: https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */
export class RetryBudget {
  #tokens = FULL

  succeeded(): void {
    this.#tokens = Math.min(FULL, this.#tokens + TOKENS_PER_SUCCESS)
  }

  /** Whether it may be tried again. */
  failed(): boolean {
    this.#tokens = Math.max(0, this.#tokens - 1)
    return this.#tokens > FULL / 2
  }
}
