import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { sqliteDurableStore } from '../../src/stores/sqlite/durable-store.ts'
import { type DurableStoreUnderTest, durableStoreSuite, faultyDurableStore } from '../../src/testing/index.ts'
import { checkedDurableStore } from '../../src/tiers/checked-durable-store.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import { harmlessFaults } from './harmless-faults.ts'
import { retryingDurableStore } from './retrying-durable-store.ts'

const runner = { describe, it }

/** Stores on one new file, each with `around` put around it. */
function onOneFile(around: (store: DurableStore) => DurableStore): DurableStoreUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'thermocline-'))
  const make = () => around(sqliteDurableStore({ path: join(folder, 'memory.db') }))
  return {
    store: make(),
    reopen: async () => make(),
    otherClient: async () => make(),
    cleanup: () => rmSync(folder, { recursive: true }),
  }
}

durableStoreSuite('sqlite', { ...runner, createStore: () => onOneFile((store) => store) })

durableStoreSuite('sqlite, checked', { ...runner, createStore: () => onOneFile((store) => checkedDurableStore(store)) })

durableStoreSuite('sqlite, behind harmless faults', {
  ...runner,
  mayRepeat: true,
  createStore: () => onOneFile((store) => retryingDurableStore(faultyDurableStore(store, harmlessFaults(2)))),
})

durableStoreSuite('sqlite, in the process only', {
  ...runner,
  createStore: () => ({ store: sqliteDurableStore({ path: ':memory:' }) }),
})
