import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type FirestoreMeter, startFirestoreMeter } from '../../emulators/firestore-meter.ts'
import { connectFirestore } from '../../src/clients/firestore.ts'
import { ownerGrave } from '../../src/memory/session.ts'
import {
  commitNow,
  entries,
  entry,
  loaded,
  plainEntries,
  plainTail,
  REVIEW,
  START,
  session,
} from '../../src/testing/durable-store-suite/fixtures.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import { freshPrefix, openFirestoreStore, startFirestoreForTests, TEST_PROJECT } from '../support/firestore.ts'

const OWNER = { tenantId: 'tenant', userId: 'user' }
const BURY = { bury: true, erasedTo: START + 100, dropTail: [], segments: [], overlay: new Map() }

let emulator: FirestoreEmulator
let meter: FirestoreMeter
beforeAll(async () => {
  emulator = await startFirestoreForTests()
})
beforeEach(async () => {
  meter = await startFirestoreMeter(emulator)
  vi.stubEnv('FIRESTORE_EMULATOR_HOST', meter.env.FIRESTORE_EMULATOR_HOST)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await meter.stop()
})
afterAll(() => emulator?.stop())

async function storeOn(prefix: string): Promise<DurableStore> {
  const store = openFirestoreStore(prefix)
  await store.open()
  onTestFinished(() => store.close())
  return store
}

/** The document of a session as it lies there, whatever readers see of it. */
async function lying(prefix: string, key: string): Promise<string> {
  const { calls, close } = await connectFirestore({ projectId: TEST_PROJECT })
  onTestFinished(close)
  const document = await calls.get(`${calls.database}/documents/${prefix}/v1/thermoclineSessions/${key}`)
  return JSON.stringify(document?.fields ?? {})
}

const chat = session('chat')

describe('what was erased', () => {
  it('stays so while its owner is erased once more', async () => {
    const store = await storeOn(freshPrefix())
    const grave = ownerGrave(OWNER)
    await store.append(grave, [], REVIEW)
    await commitNow(store, grave.key, BURY)
    // The second erase has begun, and its process may die here.
    await store.append(grave, [], REVIEW)
    expect(await store.append(chat, entries(0, 3), REVIEW)).toMatchObject({ erasedTo: START + 100, tailItems: 0 })
    expect(await store.load(chat.key)).toBeUndefined()
    // Nor does what else is changed of a grave let go of it.
    await commitNow(store, grave.key, { about: 'changed' })
    expect(await store.append(chat, [entry(50), entry(101)], REVIEW)).toMatchObject({ erasedTo: START + 100 })
    expect(plainTail(await loaded(store, chat.key))).toEqual(plainEntries([entry(101)]))
  })

  it('and written late by a process that then died, is gone after the next look of a sweep', async () => {
    const prefix = freshPrefix()
    const store = await storeOn(prefix)
    await store.append(chat, entries(0, 3), REVIEW)
    await commitNow(store, chat.key, BURY)
    await store.append(chat, [entry(200)], REVIEW)
    // Its second call, which takes out what the first has added, is never made.
    const cut = meter.loseReply(({ bytes }) => bytes.includes('late and erased'))
    await expect(store.append(chat, [entry(50, 'late and erased')], REVIEW)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    await cut.done
    expect(await lying(prefix, chat.key)).toContain('late and erased')
    const record = await loaded(store, chat.key, { withFence: true })
    expect(plainTail(record)).toEqual(plainEntries([entry(200)]))
    expect(await lying(prefix, chat.key)).not.toContain('late and erased')
    expect(await loaded(store, chat.key)).toMatchObject({ tailItems: 1 })
  })
})
