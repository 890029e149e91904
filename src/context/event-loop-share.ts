import { setImmediate } from 'node:timers'

/**
 * Work that may be done in one turn of the event loop, by all that counts tokens in this process together. A unit is
 * about 0.1 to 0.5 microseconds, so a turn is held for some milliseconds, far from the 50 that we promise.
 */
export const UNITS_PER_TURN = 20_000

// Of the process, not of a call: each turn serves one waiting call, so that 100 calls at once hold a turn no longer
// than one call does.
const waiting: (() => void)[] = []
let spent = 0
let scheduled = false

/** Notes work that was done. */
export function spend(units: number): void {
  spent += units
}

/** Whether whoever can wait should now wait for {@link nextTurn}. */
export function isTurnSpent(): boolean {
  return spent >= UNITS_PER_TURN
}

/** Resolves in a later turn of the event loop, in the order of asking. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    schedule()
  })
}

function schedule(): void {
  if (scheduled) return
  scheduled = true
  setImmediate(serveOne)
}

function serveOne(): void {
  scheduled = false
  spent = 0
  waiting.shift()?.()
  if (waiting.length > 0) schedule()
}
