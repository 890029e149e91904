import type { Clock } from '../../lib/clock.ts'
import { CloudProfilerFailure } from './cloud-profiler-failure.ts'

/** Longer timers run at once. */
const MAX_TIMER_MS = 2_147_483_647

/** Resolves after the time, or at once when the signal is aborted. Unlike `clock.sleep`, it doesn't keep a process alive. */
export function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      stop()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const stop = clock.every(Math.min(ms, MAX_TIMER_MS), done)
    signal.addEventListener('abort', done, { once: true })
  })
}

/**
 * What the work comes to; a failure with `TIMEOUT` or `STOPPED` as soon as the time is over or `outer` is aborted, also
 * where the work doesn't heed the signal that it is given. Doesn't keep a process alive.
 */
export async function inTime<T>(
  clock: Clock,
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const inner = new AbortController()
  const { promise: givenUp, reject } = Promise.withResolvers<never>()
  const giveUp = (code: string, message: string): void => {
    reject(new CloudProfilerFailure(code, message))
    inner.abort()
  }
  const stopped = (): void => giveUp('STOPPED', 'The collection of profiles was stopped')
  const stopTimer = clock.every(ms, () => giveUp('TIMEOUT', `No answer within ${ms} ms`))
  outer.addEventListener('abort', stopped, { once: true })
  if (outer.aborted) stopped()
  try {
    return await Promise.race([givenUp, Promise.resolve(inner.signal).then(work)])
  } finally {
    stopTimer()
    outer.removeEventListener('abort', stopped)
  }
}
