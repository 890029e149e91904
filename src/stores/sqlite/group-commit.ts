import { ThermoclineError } from '../../errors.ts'
import { systemClock } from '../../lib/clock.ts'
import { isBusy, wrapSqliteError } from './sqlite-error.ts'
import type { Statements } from './statements.ts'

export interface GroupCommitOptions {
  /** How long a transaction waits for other processes, in milliseconds. */
  readonly lockTimeoutMs: number
  readonly path: string
}

interface Write {
  readonly body: (statements: Statements) => unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

type Outcome =
  | { readonly kind: 'done'; readonly results: readonly unknown[] }
  | { readonly kind: 'failed'; readonly error: unknown }

const MAX_WAITING = 10_000

/**
 * Runs writes that arrive in the same turn of the event loop in one transaction, so that they share one sync of the
 * disk, which is most of what a small write costs.
 */
export class GroupCommit {
  readonly #statements: Statements
  readonly #options: GroupCommitOptions
  #waiting: Write[] = []
  #running: Promise<void> | undefined

  constructor(statements: Statements, options: GroupCommitOptions) {
    this.#statements = statements
    this.#options = options
  }

  /** @throws ThermoclineError `OVERLOADED` with 10,000 writes waiting, or what the transaction failed with */
  run<T>(body: (statements: Statements) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#waiting.length >= MAX_WAITING) {
        reject(
          new ThermoclineError(
            'OVERLOADED',
            `Cannot write to ${this.#options.path}: ${MAX_WAITING} writes are waiting already`,
          ),
        )
        return
      }
      this.#waiting.push({ body, resolve: resolve as (result: unknown) => void, reject })
      this.#running ??= this.#drainSoon()
    })
  }

  /** Resolves when nothing is waiting or running. */
  async drain(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #drainSoon(): Promise<void> {
    // One turn of the microtask queue: whatever was called together arrives before the transaction begins.
    await undefined
    while (this.#waiting.length > 0) {
      const writes = this.#waiting
      this.#waiting = []
      await this.#runAll(writes)
    }
    this.#running = undefined
  }

  async #runAll(writes: readonly Write[]): Promise<void> {
    const outcome = await this.#transact(writes)
    if (outcome.kind === 'done') {
      for (const [i, write] of writes.entries()) write.resolve(outcome.results[i])
    } else if (writes.length === 1 || isBusy(outcome.error)) {
      const error = wrapSqliteError(outcome.error, 'write', this.#options.path)
      for (const write of writes) write.reject(error)
    } else {
      // Nothing of it was written. One at a time, so that only what can't be written fails.
      for (const write of writes) await this.#runAll([write])
    }
  }

  async #transact(writes: readonly Write[]): Promise<Outcome> {
    // Always the true clock: it is another process that is waited for.
    const deadline = performance.now() + this.#options.lockTimeoutMs
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 50)) {
      const outcome = this.#tryTransaction(writes)
      if (outcome.kind === 'done' || !isBusy(outcome.error) || performance.now() >= deadline) return outcome
      await systemClock.sleep(waitMs)
    }
  }

  #tryTransaction(writes: readonly Write[]): Outcome {
    const { begin, commit, rollback } = this.#statements
    try {
      begin.run()
    } catch (error) {
      return { kind: 'failed', error }
    }
    try {
      const results = writes.map(({ body }) => body(this.#statements))
      commit.run()
      return { kind: 'done', results }
    } catch (error) {
      try {
        rollback.run()
      } catch {
        // SQLite has rolled back by itself, as it does when the disk is full.
      }
      return { kind: 'failed', error }
    }
  }
}
