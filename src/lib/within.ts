import type { Clock } from './clock.ts'

/**
 * What `work` comes to, or at once a rejection with what `tooLate` makes: when so much time has passed, or `outer` is
 * aborted. The signal that the work was given is aborted then, and nobody waits for it any more.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  tooLate: () => Error,
): Promise<T> {
  if (outer.aborted) throw tooLate()
  const inner = new AbortController()
  const done = new AbortController()
  const { promise: givenUp, reject } = Promise.withResolvers<never>()
  const giveUp = (): void => {
    if (done.signal.aborted) return
    reject(tooLate())
    inner.abort()
  }
  outer.addEventListener('abort', giveUp, { once: true })
  void clock.sleep(ms, done.signal).then(giveUp)
  try {
    return await Promise.race([givenUp, work(inner.signal)])
  } finally {
    done.abort()
    outer.removeEventListener('abort', giveUp)
  }
}
