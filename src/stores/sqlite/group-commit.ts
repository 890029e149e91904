import { ThermoclineError } from '../../errors.ts'
import { isBusy, wrapSqliteError } from './sqlite-error.ts'
import type { Statements } from './statements.ts'
import { pausesWithin } from './while-busy.ts'

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

  /**
   * Writes the whole file anew, without gaps, and empties the log, between two transactions.
   *
   * `secure_delete` alone is not enough: where SQLite splits or joins pages it leaves copies of rows in the unused part
   * of a page, and zeros only the row itself when that is removed. Costs about 7 ms per MB, in which nobody can write.
   * @throws ThermoclineError `STORE_TIMEOUT` where another process goes on writing, or reading what lies in the log
   */
  async scrub(): Promise<void> {
    const { vacuum, truncateLog } = this.#statements
    await this.#untilFree('write the file anew', () => {
      vacuum.run()
      return true
    })
    await this.#untilFree('empty the log', () => truncateLog.get()?.busy === 0)
  }

  async #untilFree(action: string, attempt: () => boolean): Promise<void> {
    const pause = pausesWithin(this.#options.lockTimeoutMs)
    while (!this.#succeeds(action, attempt)) {
      if (await pause()) continue
      throw new ThermoclineError(
        'STORE_TIMEOUT',
        `Cannot ${action} in ${this.#options.path}: another process is using it; try again`,
      )
    }
  }

  /** False while another process is in the way. */
  #succeeds(action: string, attempt: () => boolean): boolean {
    try {
      return attempt()
    } catch (error) {
      if (isBusy(error)) return false
      throw wrapSqliteError(error, action, this.#options.path)
    }
  }

  async #drainSoon(): Promise<void> {
    // One turn of the microtask queue: whatever was called together arrives before the transaction begins.
    await undefined
    while (this.#waiting.length > 0) {
      const writes = this.#waiting
      this.#waiting = []
      const outcome = this.#tryTransaction(writes)
      // Nearly always done at once, and then nobody waits another turn.
      if (outcome.kind === 'done') settle(writes, outcome.results)
      else await this.#recover(writes, outcome.error)
    }
    this.#running = undefined
  }

  /** After a first try that failed: waits while the database is locked, and finds out which write can't be written. */
  async #recover(writes: readonly Write[], firstError: unknown): Promise<void> {
    const outcome = await this.#waitForLock(writes, firstError)
    if (outcome.kind === 'done') {
      settle(writes, outcome.results)
    } else if (writes.length === 1 || isBusy(outcome.error)) {
      const error = wrapSqliteError(outcome.error, 'write', this.#options.path)
      for (const write of writes) write.reject(error)
    } else {
      // Nothing of it was written. One at a time, so that only what can't be written fails.
      for (const write of writes) {
        const alone = this.#tryTransaction([write])
        if (alone.kind === 'done') settle([write], alone.results)
        else await this.#recover([write], alone.error)
      }
    }
  }

  async #waitForLock(writes: readonly Write[], firstError: unknown): Promise<Outcome> {
    const pause = pausesWithin(this.#options.lockTimeoutMs)
    let outcome: Outcome = { kind: 'failed', error: firstError }
    while (outcome.kind === 'failed' && isBusy(outcome.error) && (await pause())) {
      outcome = this.#tryTransaction(writes)
    }
    return outcome
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

function settle(writes: readonly Write[], results: readonly unknown[]): void {
  for (let i = 0; i < writes.length; i++) writes[i]!.resolve(results[i])
}
