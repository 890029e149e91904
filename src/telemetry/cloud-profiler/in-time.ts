import type { Clock } from '../../lib/clock.ts'
import { type GivenUp, within } from '../../lib/within.ts'
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

/** As {@link within}: fails with `TIMEOUT` or `STOPPED`, and doesn't keep a process alive. */
export function inTime<T>(
  clock: Clock,
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const tooLate = (why: GivenUp): CloudProfilerFailure =>
    why === 'time'
      ? new CloudProfilerFailure('TIMEOUT', `No answer within ${ms} ms`)
      : new CloudProfilerFailure('STOPPED', 'The collection of profiles was stopped')
  return within(clock, ms, outer, work, tooLate, { keepsAlive: false })
}
