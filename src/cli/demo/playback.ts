import { isThermoclineError, type MigrationReport, type TierCounts, TieredStorageManager } from '../../index.ts'
import { ManualClock } from '../../testing/index.ts'
import { CommandError } from '../command.ts'
import type { Conversation } from './conversation.ts'

/** Adds under way at once; a manager lets 10,000 wait. */
const BATCH = 500

/** A memory on a file, with a clock that is moved by hand and the conversation that is played into it. */
export class Playback {
  readonly path: string
  readonly conversation: Conversation
  readonly #clock: ManualClock
  #memory: TieredStorageManager
  #played = 0

  constructor(path: string, conversation: Conversation) {
    this.path = path
    this.conversation = conversation
    this.#clock = new ManualClock(conversation.items[0]!.item.createdAt)
    this.#memory = this.#manager()
  }

  get memory(): TieredStorageManager {
    return this.#memory
  }

  get now(): number {
    return this.#clock.now()
  }

  /** Adds what was said until then, each item at its own time, and moves the clock there. */
  async playUntil(time: number): Promise<void> {
    const { items } = this.conversation
    while (this.#played < items.length && items[this.#played]!.item.createdAt <= time) {
      const batch = items.slice(this.#played, this.#played + BATCH).filter(({ item }) => item.createdAt <= time)
      await this.#memory.initialize()
      await Promise.all(
        batch.map(({ item, origin }) => {
          this.#clock.set(item.createdAt)
          return this.#memory.addMemoryItem(item).catch((error: unknown) => {
            throw isThermoclineError(error) ? new CommandError(`${origin}: ${error.message} (${error.code})`) : error
          })
        }),
      )
      this.#played += batch.length
    }
    this.#clock.set(time)
  }

  /** @throws CommandError where a session could not be moved */
  async sweep(): Promise<MigrationReport> {
    const report = await this.#memory.runMigration()
    const [first] = report.failures
    if (first !== undefined) {
      throw new CommandError(
        `the sweep could not move ${report.failed} of ${report.sessions} sessions: ${first.message} (${first.code})`,
      )
    }
    return report
  }

  census(): Promise<TierCounts> {
    return this.#memory.getTierCounts()
  }

  /** Closes everything and begins anew on the same file, with no copy in the process. */
  async reopen(): Promise<void> {
    await this.close()
    this.#memory = this.#manager()
    await this.#memory.initialize()
  }

  close(): Promise<void> {
    return this.#memory.close()
  }

  #manager(): TieredStorageManager {
    return new TieredStorageManager({
      path: this.path,
      clock: this.#clock,
      // The demo sweeps when it has something to show.
      tierMigrationInterval: 0,
    })
  }
}
