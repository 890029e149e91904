import { Firestore } from '@google-cloud/firestore'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type FirestoreStoreOptions, openThermocline, TieredStorageManager } from '../../src/index.ts'
import { freshPrefix, startFirestoreForTests, TEST_PROJECT } from '../support/firestore.ts'
import { addAll, CHAT, contents } from '../support/items.ts'

let emulator: FirestoreEmulator
let db: Firestore
beforeAll(async () => {
  emulator = await startFirestoreForTests()
  db = new Firestore({ projectId: TEST_PROJECT, databaseId: 'given' })
})
afterAll(async () => {
  await db?.terminate()
  await emulator?.stop()
})

function managerOf(firestore: FirestoreStoreOptions): TieredStorageManager {
  const memory = new TieredStorageManager({ tierMigrationInterval: 0, firestore })
  onTestFinished(() => memory.close())
  return memory
}

async function strong(memory: TieredStorageManager): Promise<string[]> {
  return contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))
}

/** By a write: a read of a client that was terminated never ends. */
function isUsable(client: Firestore): Promise<boolean> {
  const writing = client.doc('any/document').set({})
  return writing.then(
    () => true,
    () => false,
  )
}

describe('a client that is given', () => {
  it('is used, with its project and database, and is left open', async () => {
    const collectionPrefix = freshPrefix()
    const { memory, close } = await openThermocline({ firestore: { client: db, collectionPrefix } })
    await addAll(memory, ['one'])
    const found = await db.collection(`${collectionPrefix}/v1/thermoclineSessions`).get()
    expect(found.size).toBe(1)
    await close()
    expect(await isUsable(db)).toBe(true)
    expect(await strong(managerOf({ client: db, collectionPrefix }))).toEqual(['one'])
  })

  it('may be shared by managers and others', async () => {
    const collectionPrefix = freshPrefix()
    const [one, other] = [managerOf({ client: db, collectionPrefix }), managerOf({ client: db, collectionPrefix })]
    await Promise.all([addAll(one, ['one']), isUsable(db)])
    await one.close()
    expect(await strong(other)).toEqual(['one'])
  })

  it('that was terminated by its owner gives errors, not answers', async () => {
    const own = new Firestore({ projectId: TEST_PROJECT })
    const memory = managerOf({ client: own, collectionPrefix: freshPrefix() })
    await addAll(memory, ['one'])
    await own.terminate()
    await expect(strong(memory)).rejects.toMatchObject({ code: 'STORE_FAILED', message: /terminated/ })
  })

  it('as a function is made when it is needed, and closed with its manager', async () => {
    const made: Firestore[] = []
    const client = async () => {
      const own = new Firestore({ projectId: TEST_PROJECT })
      made.push(own)
      return own
    }
    const memory = managerOf({ client, collectionPrefix: freshPrefix() })
    expect(made).toHaveLength(0)
    await addAll(memory, ['one'])
    expect(made).toHaveLength(1)
    expect(await isUsable(made[0]!)).toBe(true)
    await memory.close()
    expect(await isUsable(made[0]!)).toBe(false)
  })

  it('as a function that fails leaves nothing open', async () => {
    const made: Firestore[] = []
    // No emulator's project is asked for: it has to be looked for, and is not found.
    const client = () => {
      const own = new Firestore({ projectId: TEST_PROJECT })
      Object.defineProperty(own, 'initializeIfNeeded', { value: () => Promise.reject(new Error('no project')) })
      made.push(own)
      return own
    }
    await expect(managerOf({ client }).initialize()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(made).toHaveLength(1)
    expect(await isUsable(made[0]!)).toBe(false)
  })

  it.each([
    ['of another kind', {}],
    ['of nothing', null],
    ['as a function that gives another kind', () => ({ terminate: async () => undefined })],
    ['as a function that gives nothing', () => undefined],
  ])('%s is refused', async (_, client) => {
    const opening = async () => managerOf({ client: client as unknown as Firestore }).initialize()
    await expect(opening()).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { name: 'client' } })
  })

  it('is refused beside what would be said of another', async () => {
    for (const beside of [{ projectId: 'p' }, { databaseId: 'd' }, { keyFilename: 'k' }, { credentials: {} }]) {
      const options = { client: db, ...beside }
      expect(() => managerOf(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    }
  })
})
