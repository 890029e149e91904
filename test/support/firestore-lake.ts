import { randomBytes } from 'node:crypto'
import { expect, onTestFinished } from 'vitest'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import { inProcessHotStore } from '../../src/stores/in-process/hot-store.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../src/thermocline.ts'
import { freshPrefix, PATIENT_CALLS, TEST_PROJECT } from './firestore.ts'
import { contentsOf, orphansIn } from './firestore-contents.ts'
import { CHAT } from './items.ts'
import { WatchedFirestore } from './watched-firestore.ts'

const MAX_COMMIT_BYTES = 3_500_000
/** https://firebase.google.com/docs/firestore/quotas */
const MAX_DOCUMENT_BYTES = 1_048_576

/** Documents of one test, with managers that know nothing of each other, as if each were another process. */
export class FirestoreLake {
  readonly watched: WatchedFirestore = new WatchedFirestore(freshPrefix())
  readonly clock: ManualClock = new ManualClock()
  readonly #managers: TieredStorageManager[] = []

  constructor() {
    onTestFinished(() => this.#close())
  }

  /** Closed with the test. Sweeps only when told to. */
  open(options: TieredStorageManagerOptions = {}): TieredStorageManager {
    const stores = { durable: this.watched.store(), hot: inProcessHotStore() }
    const manager = new TieredStorageManager({
      ...{ clock: this.clock, tierMigrationInterval: 0, stores, durableCalls: PATIENT_CALLS },
      ...options,
    })
    this.#managers.push(manager)
    return manager
  }

  /** The history of the chat as a manager without any copies reads it. */
  read(): Promise<readonly MemoryItem[]> {
    return this.open().getConversationHistory({ ...CHAT, read: 'strong' })
  }

  /** Closes all, and looks at what was sent and at what is stored. */
  async expectWithinLimits(): Promise<void> {
    await this.#close()
    const stored = await contentsOf(TEST_PROJECT, this.watched.prefix)
    expect(orphansIn(stored)).toEqual([])
    const sizes = Object.values(stored).flatMap((all) => all.map(({ bytes }) => bytes))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_DOCUMENT_BYTES)
    expect(this.watched.largestCommitBytes).toBeLessThan(MAX_COMMIT_BYTES)
  }

  async #close(): Promise<void> {
    await Promise.all(this.#managers.map((manager) => manager.close()))
  }
}

/** Text that nothing makes smaller than three quarters. */
export function noise(bytes: number): string {
  return randomBytes(Math.ceil((bytes * 3) / 4))
    .toString('base64')
    .slice(0, bytes)
}
