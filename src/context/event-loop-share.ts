import { TurnQueue } from '../lib/turn-queue.ts'

/**
 * Work that may be done in one turn of the event loop, by all that counts tokens in this process together. A unit is
 * about 0.1 to 0.5 microseconds, so a turn is held for some milliseconds, far from the 50 that we promise.
 */
export const UNITS_PER_TURN = 20_000

let spent = 0
const turns = new TurnQueue(() => {
  spent = 0
})

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
  return turns.next()
}
