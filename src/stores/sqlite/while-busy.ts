import { systemClock } from '../../lib/clock.ts'
import { isBusy } from './sqlite-error.ts'

const MAX_WAIT_MS = 50

/**
 * Pauses between tries while another process is in the way, each twice as long as the last, up to 50 ms, without
 * blocking. Each resolves to whether to try again: not once `timeoutMs` are over, counted from now. Always by the true
 * clock: it is another process that is waited for.
 */
export function pausesWithin(timeoutMs: number): () => Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  let waitMs = 1
  return async () => {
    if (performance.now() >= deadline) return false
    await systemClock.sleep(waitMs)
    waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)
    return true
  }
}

/** Tries again while another process is in the way, up to `timeoutMs`; then it throws what the last try threw. */
export async function whileBusy<T>(timeoutMs: number, attempt: () => T): Promise<T> {
  const pause = pausesWithin(timeoutMs)
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || !(await pause())) throw error
    }
  }
}
