import assert from 'node:assert/strict'
import type { Clock } from '../../src/lib/clock.ts'
import { inProcessDurableStore } from '../../src/stores/in-process/durable-store.ts'
import { type InProcessHotStoreOptions, inProcessHotStore } from '../../src/stores/in-process/hot-store.ts'
import { sqliteDurableStore } from '../../src/stores/sqlite/durable-store.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../src/thermocline.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import type { HotStore } from '../../src/tiers/hot-store.ts'
import { inMemorySharedStore, SharedServer } from '../stores/in-memory-shared-store.ts'
import { freshPrefix, openFirestoreStore, PATIENT_CALLS, TEST_PROJECT } from './firestore.ts'
import { orphansOf } from './firestore-contents.ts'
import { TempFolder } from './temp-folder.ts'

/** Data that managers open one after another, or several at once, and the clock that they share. */
export interface Place {
  readonly kind: PlaceKind
  readonly clock: ManualClock
  /** A manager on it, closed with the place. Sweeps only when told to. */
  open(options?: TieredStorageManagerOptions): TieredStorageManager
  /** The naked store, as `open` wraps it. */
  readonly store: () => DurableStore
  /** An empty hot tier, for a manager with stores of the test's own. */
  readonly hot: () => HotStore
}

/** A place that whoever opened it closes. */
export interface OpenPlace extends Place, AsyncDisposable {
  /** Closes all managers. What they leave in Firestore must be whole: nothing that no record leads to, nothing missing. */
  expectWhole(): Promise<void>
}

/** What may be put around the durable store. */
export type Wrap = (store: DurableStore) => DurableStore

/** Those that need Node alone. */
export const PLACES = ['in-process', 'sqlite', 'sqlite under a shared hot tier'] as const
/** `firestore`: on the emulator that this process has started. */
export type PlaceKind = (typeof PLACES)[number] | 'firestore'

/** Makes hot stores for the managers of one place. */
export type MakeHot = (clock: Clock) => HotStore

/**
 * An empty place, in this process, in a SQLite file of its own or under a collection prefix of its own; `makeHot` instead
 * of the hot tier of its kind.
 */
export function openPlace(kind: PlaceKind, wrap: Wrap = (store) => store, makeHot?: MakeHot): OpenPlace {
  const clock = new ManualClock()
  const folder = new TempFolder()
  const prefix = freshPrefix()
  const naked = storesOf(kind, folder, prefix, clock)
  const server = new SharedServer(clock)
  const hot = (options?: InProcessHotStoreOptions): HotStore =>
    makeHot?.(clock) ??
    (kind === 'sqlite under a shared hot tier' ? inMemorySharedStore(server) : inProcessHotStore(options))
  const managers: TieredStorageManager[] = []
  const store = (): DurableStore => wrap(naked())
  return {
    kind,
    clock,
    store,
    hot,
    open(options = {}) {
      const manager = new TieredStorageManager({
        clock,
        tierMigrationInterval: 0,
        stores: { durable: store(), hot: hot(options.inProcess) },
        ...(kind === 'firestore' && { durableCalls: PATIENT_CALLS }),
        ...options,
        // What another manager changes outside of the process is heard a moment later.
        ...(makeHot && { inProcess: { maxBytes: 0 } }),
      })
      managers.push(manager)
      return manager
    },
    async expectWhole() {
      for (const manager of managers) await manager.close()
      if (kind === 'firestore') assert.deepEqual(await orphansOf(TEST_PROJECT, prefix), [])
    },
    async [Symbol.asyncDispose]() {
      for (const manager of managers) await manager.close()
      folder[Symbol.dispose]()
    },
  }
}

/** Makes stores that all hold the same. */
function storesOf(kind: PlaceKind, folder: TempFolder, prefix: string, clock: Clock): () => DurableStore {
  if (kind === 'firestore') return () => openFirestoreStore(prefix, clock)
  if (kind !== 'in-process') {
    return () => sqliteDurableStore({ path: folder.file('memory.db'), synchronous: 'normal', lockTimeoutMs: 5000 })
  }
  const shared = inProcessDurableStore()
  return () => shared
}
