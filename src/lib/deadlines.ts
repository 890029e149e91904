import type { Clock } from './clock.ts'

/**
 * A call under way, in a ring with all others: in the order in which they began, around one that stands for none. It
 * leaves as soon as it is settled. In a list of all that began lately, answers lived on until the next full collection.
 */
class Waiting {
  readonly until: number
  readonly tooLate: () => void
  #before: Waiting = this
  #after: Waiting = this

  constructor(until: number, tooLate: () => void) {
    this.until = until
    this.tooLate = tooLate
  }

  get next(): Waiting {
    return this.#after
  }

  /** Becomes the last in a ring. */
  join(ring: Waiting): void {
    this.#before = ring.#before
    this.#after = ring
    this.#before.#after = this
    ring.#before = this
  }

  leave(): void {
    this.#before.#after = this.#after
    this.#after.#before = this.#before
    this.#before = this
    this.#after = this
  }
}

/**
 * One time limit for many calls: as it is the same for all, they run out in the order in which they began, and one timer
 * does for all of them. Setting and clearing a timer for each would cost more than a call's own bookkeeping.
 */
export class Deadlines {
  readonly #ms: number
  readonly #clock: Clock
  readonly #stopping = new AbortController()
  readonly #ring = new Waiting(Number.POSITIVE_INFINITY, () => undefined)
  #isWatching = false

  constructor(ms: number, clock: Clock) {
    this.#ms = ms
    this.#clock = clock
  }

  /** What `work` comes to, or a rejection with what `tooLate` makes. The work itself goes on. */
  limit<T>(work: Promise<T>, tooLate: () => Error): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting = new Waiting(this.#clock.now() + this.#ms, () => reject(tooLate()))
      waiting.join(this.#ring)
      if (!this.#isWatching) void this.#watch()
      work.then(
        (value) => {
          waiting.leave()
          resolve(value)
        },
        (error: unknown) => {
          waiting.leave()
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
    const ring = this.#ring
    while (ring.next !== ring && !signal.aborted) {
      const now = this.#clock.now()
      await this.#clock.sleep(Math.min(this.#ms, Math.max(1, ring.next.until - now)), signal)
      // A process that was busy for so long has not read the answers yet: they go first.
      await new Promise((resolve) => setImmediate(resolve))
      this.#expire(this.#clock.now())
    }
    this.#isWatching = false
  }

  #expire(now: number): void {
    const ring = this.#ring
    for (let waiting = ring.next; waiting !== ring; ) {
      const { next } = waiting
      // Longer than the limit, nobody has to wait: the clock has stepped back.
      if (waiting.until <= now || waiting.until - now > this.#ms) {
        waiting.leave()
        waiting.tooLate()
      }
      waiting = next
    }
  }
}
