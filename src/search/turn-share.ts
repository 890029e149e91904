import { setImmediate } from 'node:timers'

/** How long all searches of this process together may hold one turn of the event loop, in milliseconds. */
const TURN_MS = 10

// Of the process, not of a search: each turn serves one of those that wait, so that many searches at once hold a turn no
// longer than one does.
const waiting: (() => void)[] = []
let turnStartedAt = Number.NEGATIVE_INFINITY

/** Whether whoever can wait should now wait for {@link nextTurn}. */
export function isTurnSpent(): boolean {
  return performance.now() - turnStartedAt >= TURN_MS
}

/** Resolves in a later turn of the event loop, in the order of asking. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(serveOne)
  })
}

function serveOne(): void {
  turnStartedAt = performance.now()
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(serveOne)
}
