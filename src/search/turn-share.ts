import { TurnQueue } from '../lib/turn-queue.ts'

/** How long all searches of this process together may hold one turn of the event loop, in milliseconds. */
const TURN_MS = 10

let turnStartedAt = Number.NEGATIVE_INFINITY
const turns = new TurnQueue(() => {
  turnStartedAt = performance.now()
})

/** Whether whoever can wait should now wait for {@link nextTurn}. */
export function isTurnSpent(): boolean {
  return performance.now() - turnStartedAt >= TURN_MS
}

/** Resolves in a later turn of the event loop, in the order of asking. */
export function nextTurn(): Promise<void> {
  return turns.next()
}
