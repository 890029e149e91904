import {
  isThermoclineError,
  type MigrationReport,
  type Tier,
  type TierCounts,
  TieredStorageManager,
} from '../../index.ts'
import { ManualClock } from '../../testing/index.ts'
import { CommandError } from '../command.ts'
import type { Conversation } from './conversation.ts'
import type { DemoPlace } from './durable/demo-place.ts'

/** Adds under way at once; a manager lets 10,000 wait. */
const BATCH = 500

/** A memory in its place, with a clock that is moved by hand and the conversation that is played into it. */
export class Playback {
  readonly place: DemoPlace
  readonly conversation: Conversation
  readonly #clock: ManualClock
  #memory: TieredStorageManager
  #played = 0

  constructor(place: DemoPlace, conversation: Conversation) {
    this.place = place
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

  /** By user, as listing them all takes 64 queries of Firestore. */
  async census(): Promise<TierCounts> {
    const users = new Set(this.conversation.items.map(({ item }) => item.userId))
    return sumCounts(await Promise.all(Array.from(users, (userId) => this.#memory.getTierCounts({ userId }))))
  }

  /** Closes everything and begins anew on the same, with no copy in the process. */
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
      ...this.place.options,
      clock: this.#clock,
      // The demo sweeps when it has something to show.
      tierMigrationInterval: 0,
    })
  }
}

function sumCounts(all: readonly TierCounts[]): TierCounts {
  const sum = (tier: Tier, name: keyof TierCounts[Tier]): number =>
    all.reduce((total, counts) => total + counts[tier][name], 0)
  const count = (tier: Tier): TierCounts[Tier] => ({
    items: sum(tier, 'items'),
    rawBytes: sum(tier, 'rawBytes'),
    bytes: sum(tier, 'bytes'),
  })
  const sessions = all.reduce((total, counts) => total + counts.sessions, 0)
  return { sessions, hot: count('hot'), warm: count('warm'), cold: count('cold') }
}
