import type { Clock } from './clock.ts'

interface Waiting {
  readonly until: number
  /** Undefined once it is settled. */
  tooLate: (() => void) | undefined
}

/**
 * One time limit for many calls: as it is the same for all, they run out in the order in which they began, and one timer
 * does for all of them. Setting and clearing a timer for each would cost more than a call's own bookkeeping.
 */
export class Deadlines {
  readonly #ms: number
  readonly #clock: Clock
  readonly #stopping = new AbortController()
  #waiting: Waiting[] = []
  #isWatching = false

  constructor(ms: number, clock: Clock) {
    this.#ms = ms
    this.#clock = clock
  }

  /** What `work` comes to, or a rejection with what `tooLate` makes. The work itself goes on. */
  limit<T>(work: Promise<T>, tooLate: () => Error): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = { until: this.#clock.now() + this.#ms, tooLate: () => reject(tooLate()) }
      this.#waiting.push(waiting)
      if (!this.#isWatching) void this.#watch()
      work.then(
        (value) => {
          waiting.tooLate = undefined
          resolve(value)
        },
        (error: unknown) => {
          waiting.tooLate = undefined
          reject(error)
        },
      )
    })
  }

  /** Lets the timer go. What is under way is no longer limited. */
  close(): void {
    this.#stopping.abort()
  }

  async #watch(): Promise<void> {
    this.#isWatching = true
    const { signal } = this.#stopping
    while (this.#waiting.length > 0 && !signal.aborted) {
      const now = this.#clock.now()
      await this.#clock.sleep(Math.min(this.#ms, Math.max(1, this.#waiting[0]!.until - now)), signal)
      // A process that was busy for so long has not read the answers yet: they go first.
      await new Promise((resolve) => setImmediate(resolve))
      this.#expire(this.#clock.now())
    }
    this.#isWatching = false
  }

  #expire(now: number): void {
    const left: Waiting[] = []
    for (const waiting of this.#waiting) {
      if (waiting.tooLate === undefined) continue
      // Longer than the limit, nobody has to wait: the clock has stepped back.
      if (waiting.until <= now || waiting.until - now > this.#ms) waiting.tooLate()
      else left.push(waiting)
    }
    this.#waiting = left
  }
}
