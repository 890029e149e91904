import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { Firestore } from '@google-cloud/firestore'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { startTcpProxy, type TcpProxy } from '../../emulators/tcp-proxy.ts'
import {
  connectFirestore,
  type FirestoreConnection,
  type FirestoreConnectionOptions,
} from '../../src/clients/firestore.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../src/index.ts'
import { session } from '../../src/testing/durable-store-suite/fixtures.ts'
import { freshPrefix, openFirestoreStore, startFirestoreForTests, TEST_PROJECT } from '../support/firestore.ts'
import { addAll, CHAT, contents } from '../support/items.ts'
import { TempFolder } from '../support/temp-folder.ts'

let emulator: FirestoreEmulator
beforeAll(async () => {
  emulator = await startFirestoreForTests()
})
afterAll(() => emulator?.stop())
afterEach(() => vi.unstubAllEnvs())

async function connect(options: FirestoreConnectionOptions = { projectId: TEST_PROJECT }) {
  const connection = await connectFirestore(options)
  onTestFinished(() => connection.close())
  return connection
}

function read({ calls }: FirestoreConnection): Promise<unknown> {
  return calls.work().get(`${calls.database}/documents/any/document`)
}

function managerOf(options: TieredStorageManagerOptions): TieredStorageManager {
  const memory = new TieredStorageManager({ tierMigrationInterval: 0, ...options })
  onTestFinished(() => memory.close())
  return memory
}

async function strong(memory: TieredStorageManager): Promise<string[]> {
  return contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))
}

describe('the client of a process', () => {
  let proxy: TcpProxy
  beforeEach(async () => {
    proxy = await startTcpProxy(emulator)
    vi.stubEnv('FIRESTORE_EMULATOR_HOST', `${proxy.host}:${proxy.port}`)
  })
  afterEach(() => proxy.stop())

  it('is one for all that are given the same, over one connection', async () => {
    const connections = await Promise.all(Array.from({ length: 10 }, () => connect()))
    connections.push(await connect())
    await Promise.all(connections.map(read))
    expect(proxy.connections()).toBe(1)
    const managers = [1, 2, 3].map(() => managerOf({ projectId: TEST_PROJECT }))
    await Promise.all(managers.map(strong))
    expect(proxy.connections()).toBe(1)
  })

  it.each<[string, FirestoreConnectionOptions]>([
    ['project', { projectId: 'another-project' }],
    ['database', { projectId: TEST_PROJECT, databaseId: 'another' }],
    ['key', { projectId: TEST_PROJECT, credentials: { client_email: 'a@b.test', private_key: 'key' } }],
  ])('is another for another %s', async (_, options) => {
    await Promise.all([await connect(), await connect(options)].map(read))
    expect(proxy.connections()).toBe(2)
  })

  it('is closed by its last user, and opened again', async () => {
    const [one, other] = await Promise.all([connect(), connect()])
    await read(one)
    await one.close()
    await one.close()
    await read(other)
    await other.close()
    await expect(read(other)).rejects.toMatchObject({ code: 'NOT_OPEN' })
    await expect.poll(() => proxy.connections()).toBe(0)
    const again = await connect()
    await read(again)
    expect(proxy.connections()).toBe(1)
  })

  it('that is opened while the last user closes it is a new one', async () => {
    const first = await connect()
    await read(first)
    const closing = first.close()
    const second = await connect()
    await closing
    await read(second)
  })

  it('of a store that was closed before it was open is not used by the next who opens it', async () => {
    const store = openFirestoreStore()
    const opening = store.open()
    await Promise.all([opening, store.close()])
    await store.open()
    onTestFinished(() => store.close())
    expect(await store.getSegment(session('chat').key, 'none')).toBeUndefined()
  })

  it('is looked for again after it could not be made', async () => {
    let fails = true
    const client = () => {
      if (fails) throw new Error('not yet')
      return new Firestore({ projectId: TEST_PROJECT })
    }
    const memory = managerOf({ firestore: { client, collectionPrefix: freshPrefix() } })
    await expect(memory.initialize()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    fails = false
    await addAll(memory, ['one'])
    expect(await strong(memory)).toEqual(['one'])
  })
})

describe('what is kept', () => {
  it('is apart by project, database and collection', async () => {
    const collectionPrefix = freshPrefix()
    const places: TieredStorageManagerOptions[] = [
      { projectId: TEST_PROJECT, firestore: { collectionPrefix } },
      { projectId: TEST_PROJECT, firestore: { collectionPrefix: freshPrefix() } },
      { projectId: TEST_PROJECT, firestore: { collectionPrefix, databaseId: 'another' } },
      { projectId: `${TEST_PROJECT}-b`, firestore: { collectionPrefix } },
    ]
    const managers = places.map(managerOf)
    for (const [i, memory] of managers.entries()) await addAll(memory, [`of ${i}`])
    for (const [i, place] of places.entries()) expect(await strong(managerOf(place))).toEqual([`of ${i}`])
  })

  it('lies where its names say', async () => {
    const collectionPrefix = freshPrefix()
    await addAll(managerOf({ projectId: TEST_PROJECT, firestore: { databaseId: 'named', collectionPrefix } }), ['one'])
    const db = new Firestore({ projectId: TEST_PROJECT, databaseId: 'named' })
    onTestFinished(() => db.terminate())
    const found = await db.collection(`${collectionPrefix}/v1/thermoclineSessions`).get()
    expect(found.docs.map((document) => document.get('userId'))).toEqual([CHAT.userId])
  })
})

describe('the settings of the client', () => {
  /** What `Firestore` is made with. */
  async function settingsFor(options: FirestoreConnectionOptions): Promise<unknown> {
    let seen: unknown
    class Seen extends Firestore {
      constructor(settings: object) {
        super(settings)
        seen = settings
      }
    }
    const connection = await connectFirestore(options, { load: async () => ({ Firestore: Seen }) })
    await connection.close()
    return seen
  }

  it('have the credentials that were given', async () => {
    const credentials = { client_email: 'a@b.test', private_key: 'key' }
    expect(await settingsFor({ projectId: 'p', credentials })).toMatchObject({ projectId: 'p', credentials })
    expect(await settingsFor({ projectId: 'p', keyFilename: 'key.json', databaseId: 'd' })).toMatchObject({
      keyFilename: 'key.json',
      databaseId: 'd',
    })
  })

  it('have the project of the environment, and with an emulator need none', async () => {
    expect((await connect({})).calls.database).toBe('projects/demo-thermocline/databases/(default)')
    vi.stubEnv('GOOGLE_CLOUD_PROJECT', 'from-environment')
    expect(await settingsFor({})).toMatchObject({ projectId: 'from-environment' })
  })

  it('name the package where it is missing', async () => {
    const load = () => import('@google-cloud/no-such-package' as string)
    await expect(connectFirestore({ projectId: 'p' }, { load })).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringContaining('npm install @google-cloud/firestore'),
    })
  })
})

describe('on a machine without credentials', () => {
  /** What a program of its own says there, and how it ends. */
  async function run(options: object, env: Readonly<Record<string, string>> = {}) {
    using folder = new TempFolder()
    mkdirSync(folder.file('home'))
    const source = `
      import { TieredStorageManager } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)}
      const memory = new TieredStorageManager(${JSON.stringify({ tierMigrationInterval: 0, ...options })})
      const item = { userId: 'ada', sessionId: 'chat', content: 'one', contentType: 'user_message' }
      for (let i = 0; i < 2; i++) {
        const startedAt = performance.now()
        const error = await memory.addMemoryItem(item).catch((error) => error)
        console.log(error.code, Math.round(performance.now() - startedAt), error.message)
      }
      await memory.close()
      console.log('closed')`
    const { PATH = '' } = process.env
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], {
      env: { PATH, HOME: folder.file('home'), NODE_NO_WARNINGS: '1', ...env },
      timeout: 30_000,
    })
    return stdout
  }

  it('it is refused, soon and each time, and the program goes on', async () => {
    const output = await run({ projectId: 'some-project' }, { METADATA_SERVER_DETECTION: 'none' })
    expect(output).toMatch(/^STORE_REFUSED .*credentials.*\nSTORE_REFUSED .*credentials.*\nclosed\n$/)
  })

  it('looking for a project takes no longer than a call may', async () => {
    const output = await run({ firestore: {}, durableCalls: { timeoutMs: 500 } })
    const [first] = output.split('\n')
    const [, code, ms] = /^(\w+) (\d+)/.exec(first!)!
    expect(['STORE_TIMEOUT', 'STORE_UNAVAILABLE', 'STORE_REFUSED']).toContain(code)
    expect(Number(ms)).toBeLessThan(500 + 1_500)
    expect(output).toMatch(/closed\n$/)
  })

  it('a key file that is missing or no key is refused', async () => {
    using folder = new TempFolder()
    const env = { METADATA_SERVER_DETECTION: 'none' }
    const missing = { projectId: 'some-project', firestore: { keyFilename: folder.file('none.json') } }
    expect(await run(missing, env)).toMatch(/^STORE_REFUSED .*\nSTORE_REFUSED .*\nclosed\n$/)
  })
})
