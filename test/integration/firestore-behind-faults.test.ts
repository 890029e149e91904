import { afterAll, beforeAll, describe, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type DurableStoreUnderTest, durableStoreSuite, faultyDurableStore } from '../../src/testing/index.ts'
import { checkedDurableStore } from '../../src/tiers/checked-durable-store.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import { harmlessFaults } from '../stores/harmless-faults.ts'
import { retryingDurableStore } from '../stores/retrying-durable-store.ts'
import { freshPrefix, openFirestoreStore, startFirestoreForTests } from '../support/firestore.ts'

let emulator: FirestoreEmulator
beforeAll(async () => {
  emulator = await startFirestoreForTests()
})
afterAll(() => emulator?.stop())

/** Stores on the same new documents, each with `around` put around it. */
function onOnePrefix(around: (store: DurableStore) => DurableStore): DurableStoreUnderTest {
  const prefix = freshPrefix()
  const make = () => around(openFirestoreStore(prefix))
  return { store: make(), reopen: async () => make(), otherClient: async () => make() }
}

const runner = { describe, it }

durableStoreSuite('firestore, checked', {
  ...runner,
  createStore: () => onOnePrefix((store) => checkedDurableStore(store)),
})

durableStoreSuite('firestore, behind harmless faults', {
  ...runner,
  mayRepeat: true,
  createStore: () => onOnePrefix((store) => retryingDurableStore(faultyDurableStore(store, harmlessFaults(2)))),
})
