import type { Clock } from '../lib/clock.ts'

interface Timer {
  at: number
  readonly everyMs: number | undefined
  readonly callback: () => void
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number
  readonly #timers = new Set<Timer>()

  /** @param now milliseconds since 1970. @default 2026-01-01T00:00:00Z */
  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  /** Timers and sleeps that have not ended: 0 once everything that used the clock was closed. */
  get pending(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#now
  }

  /** Moves time on and runs what falls due, in order of time. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at)
      if (next.everyMs === undefined) this.#timers.delete(next)
      else next.at += next.everyMs
      next.callback()
    }
    this.#now = end
  }

  /** Steps to a time, also backwards, as a wall clock may. Runs nothing. */
  set(now: number): void {
    this.#now = now
  }

  every(ms: number, callback: () => void): () => void {
    // As with setInterval, 0 means 1: otherwise one step of time would never end.
    const everyMs = Math.max(1, ms)
    const timer: Timer = { at: this.#now + everyMs, everyMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = (): void => {
        this.#timers.delete(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer: Timer = { at: this.#now + ms, everyMs: undefined, callback: done }
      this.#timers.add(timer)
      signal?.addEventListener('abort', done)
    })
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer
    return next
  }
}
