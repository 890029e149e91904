/** Where time comes from. Tests hand in a manual one; nothing here reads `Date.now` or sets a timer by itself. */
export interface Clock {
  /** Milliseconds since 1970. May step back. */
  now(): number
  /** Calls again and again, first after `ms`; the function that is returned ends it. Never keeps a process alive. */
  every(ms: number, callback: () => void): () => void
  /** Resolves after `ms`, or at once when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  every(ms: number, callback: () => void) {
    const timer = setInterval(callback, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
  sleep(ms: number, signal?: AbortSignal) {
    return new Promise<void>((resolve) => {
      if (signal?.aborted) return resolve()
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
    })
  },
})
