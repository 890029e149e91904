import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { identifySession } from '../../src/memory/session.ts'
import { StampMaker } from '../../src/memory/stamp.ts'
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

it('whoever asks for the newest only does not read the bodies of older large items', async () => {
  const store = openFirestoreStore()
  await store.open()
  const session = identifySession({ userId: 'ada', sessionId: 'large' })
  const stamps = new StampMaker()
  const entries = Array.from({ length: 3 }, (_, i) => ({
    stamp: stamps.next(1_000 + i),
    body: JSON.stringify({ content: String(i).repeat(100_000) }),
    createdAt: 1_000 + i,
  }))
  await store.append(session, entries, { reviewAt: 5_000 })
  const newest = await store.load(session.key, { newest: 1 })
  expect(newest?.tail.map(({ stamp }) => stamp)).toEqual([entries[2]!.stamp])
  expect([newest?.tailComplete, newest?.tailItems]).toEqual([false, 3])
  const all = await store.load(session.key, { newest: 3 })
  expect(all?.tail.map(({ body }) => body)).toEqual(entries.map(({ body }) => body))
  expect(all?.tailComplete).toBe(true)
  await store.close()
})
