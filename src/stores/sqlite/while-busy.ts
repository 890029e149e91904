import { systemClock } from '../../lib/clock.ts'
import { isBusy } from './sqlite-error.ts'

const MAX_WAIT_MS = 50

/**
 * Tries again while another process is in the way, without blocking, up to `timeoutMs`; then it throws what the last try
 * threw. Always by the true clock: it is another process that is waited for.
 */
export async function whileBusy<T>(timeoutMs: number, attempt: () => T): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
    }
    await systemClock.sleep(waitMs)
  }
}
