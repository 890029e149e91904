import { afterAll, beforeAll, describe, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { durableStoreSuite } from '../../src/testing/index.ts'
import { freshPrefix, openFirestoreStore, startFirestoreForTests } from '../support/firestore.ts'

let emulator: FirestoreEmulator
beforeAll(async () => {
  emulator = await startFirestoreForTests()
})
afterAll(() => emulator?.stop())

durableStoreSuite('firestore', {
  describe,
  it,
  createStore() {
    const prefix = freshPrefix()
    const open = async () => openFirestoreStore(prefix)
    return { store: openFirestoreStore(prefix), otherClient: open, reopen: open }
  },
})
