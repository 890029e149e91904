import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 20

/** Asks again and again until the answer is true; a rejection means: not yet. */
export async function until(what: string, isSo: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  const deadline = Date.now() + withinMs
  let last: unknown = 'it is not so'
  while (Date.now() < deadline) {
    try {
      if (await isSo()) return
    } catch (error) {
      last = error
    }
    await delay(POLL_MS)
  }
  throw new Error(`Cannot see that ${what}: not so after ${withinMs} ms`, { cause: last })
}
