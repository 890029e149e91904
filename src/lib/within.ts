import type { Clock } from './clock.ts'

/** Why nobody waits any more: the time is over, or the caller has given up. */
export type GivenUp = 'time' | 'aborted'

/**
 * What `work` comes to, or at once a rejection with what `tooLate` makes: when so much time has passed, or `outer` is
 * aborted. The signal that the work was given is aborted then, and nobody waits for it any more.
 * @param keepsAlive Whether the process stays for as long as the time runs
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => T | Promise<T>,
  tooLate: (why: GivenUp) => Error,
  { keepsAlive = true }: { readonly keepsAlive?: boolean } = {},
): Promise<T> {
  if (outer.aborted) throw tooLate('aborted')
  const inner = new AbortController()
  const done = new AbortController()
  const { promise: givenUp, reject } = Promise.withResolvers<never>()
  const giveUp = (why: GivenUp): void => {
    if (done.signal.aborted) return
    reject(tooLate(why))
    inner.abort()
  }
  const onAbort = (): void => giveUp('aborted')
  const onTime = (): void => giveUp('time')
  outer.addEventListener('abort', onAbort, { once: true })
  if (keepsAlive) void clock.sleep(ms, done.signal).then(onTime)
  else done.signal.addEventListener('abort', clock.every(ms, onTime), { once: true })
  try {
    return await Promise.race([givenUp, work(inner.signal)])
  } finally {
    done.abort()
    outer.removeEventListener('abort', onAbort)
  }
}
