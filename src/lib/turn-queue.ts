import { setImmediate } from 'node:timers'

/**
 * Work that waits for a later turn of the event loop. Each turn serves one of those that wait, so that many pieces of
 * work at once hold a turn no longer than one does.
 */
export class TurnQueue {
  readonly #onTurn: () => void
  readonly #waiting: (() => void)[] = []

  /** `onTurn` is told when a turn begins. */
  constructor(onTurn: () => void) {
    this.#onTurn = onTurn
  }

  /** Resolves in a later turn, in the order of asking. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === 1) setImmediate(() => this.#serveOne())
    })
  }

  #serveOne(): void {
    this.#onTurn()
    this.#waiting.shift()?.()
    if (this.#waiting.length > 0) setImmediate(() => this.#serveOne())
  }
}
