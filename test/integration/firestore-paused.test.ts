import { once } from 'node:events'
import { type AddressInfo, createConnection as connectTo, createServer, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type FirestoreEmulator, startFirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { LOCAL_HOST, type TcpAddress } from '../../emulators/free-port.ts'
import { startTcpProxy, type TcpProxy } from '../../emulators/tcp-proxy.ts'
import { connectFirestore } from '../../src/clients/firestore.ts'
import type { FirestoreQuery } from '../../src/clients/firestore-messages.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../src/index.ts'
import { freshPrefix, startFirestoreForTests, TEST_PROJECT, warmFirestore } from '../support/firestore.ts'
import { addAll, CHAT, contents, message, numbered } from '../support/items.ts'
import { timed } from '../support/redis-place.ts'

const TIMEOUT_MS = 1_000
/** What is promised beyond the deadline of a call. */
const LATER_MS = 1_000
/** From a database that is back to calls that succeed, as promised. */
const RECOVERY_MS = 2_000
/** And what a busy machine may add to that. */
const SLACK_MS = 1_500

let emulator: FirestoreEmulator
let proxy: TcpProxy

beforeAll(async () => {
  emulator = await startFirestoreForTests()
})
beforeEach(async () => {
  proxy = await startTcpProxy(emulator)
  vi.stubEnv('FIRESTORE_EMULATOR_HOST', `${proxy.host}:${proxy.port}`)
})
afterEach(async () => {
  emulator.resume()
  vi.unstubAllEnvs()
  await proxy.stop()
})
afterAll(() => emulator?.stop())

function managerOf(options: TieredStorageManagerOptions = {}): TieredStorageManager {
  const memory = new TieredStorageManager({
    tierMigrationInterval: 0,
    inProcess: { maxBytes: 0 },
    projectId: TEST_PROJECT,
    firestore: { collectionPrefix: freshPrefix() },
    durableCalls: { timeoutMs: TIMEOUT_MS },
    ...options,
  })
  onTestFinished(() => memory.close())
  return memory
}

async function strong(memory: TieredStorageManager): Promise<string[]> {
  return contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))
}

/** The code with which a call fails, and when. */
async function failure(call: () => Promise<unknown>): Promise<{ readonly code: string; readonly ms: number }> {
  const { answer, ms } = await timed(() =>
    call().then(
      () => 'none',
      (error: { readonly code: string }) => error.code,
    ),
  )
  return { code: answer, ms }
}

/** How long it takes until a call succeeds. */
async function untilBack(memory: TieredStorageManager): Promise<number> {
  const { ms } = await timed(() => expect.poll(() => strong(memory), { timeout: 20_000, interval: 50 }).toBeDefined())
  return ms
}

const SOME_QUERY: FirestoreQuery = {
  select: { fields: [{ fieldPath: 'a' }] },
  from: [{ collectionId: 'any' }],
  where: {
    compositeFilter: {
      op: 'AND',
      filters: [{ fieldFilter: { field: { fieldPath: 'a' }, op: 'EQUAL', value: { integerValue: 1 } } }],
    },
  },
  orderBy: [],
  limit: { value: 1 },
}

/** A way to a server on which connections can go silent for good, while new ones are as they should be. */
async function startPath(target: TcpAddress) {
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connectTo(target.port, target.host)
    open.add(client)
    client.on('close', () => open.delete(client))
    pipeline(client, upstream, client, () => undefined)
  })
  onTestFinished(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  await once(server.listen(0, LOCAL_HOST), 'listening')
  return {
    host: LOCAL_HOST,
    port: (server.address() as AddressInfo).port,
    connections: () => open.size,
    freezeConnections: () => {
      for (const socket of open) {
        socket.unpipe()
        socket.resume()
      }
    },
  }
}

/** Calls that ask Firestore in different ways, one after the other: reading, writing, changing, querying. */
const calls: [string, (memory: TieredStorageManager, ids: readonly string[]) => Promise<unknown>][] = [
  ['a history', (memory) => strong(memory)],
  ['adding', (memory) => memory.addMemoryItem(message('added'))],
  ['an item', (memory, ids) => memory.getMemoryItem(ids[0]!, { read: 'strong' })],
  ['changing', (memory, ids) => memory.updateMemoryItem(ids[0]!, { content: 'changed' })],
  ['a list', (memory) => memory.listSessions({ userId: CHAT.userId })],
]

describe('with a Firestore that hangs', () => {
  it.each(calls)('%s is given up in time', async (_, call) => {
    const memory = managerOf()
    const ids = await addAll(memory, numbered(3))
    await emulator.pause()
    const { code, ms } = await failure(() => call(memory, ids))
    expect(code).toBe('STORE_TIMEOUT')
    // An add is tried three times.
    expect(ms).toBeLessThan(3 * (TIMEOUT_MS + LATER_MS))
  })

  it('no one of many calls at once waits longer, and later ones are refused at once', async () => {
    const memory = managerOf()
    await addAll(memory, ['one'])
    await emulator.pause()
    const reads = await Promise.all(numbered(50).map(() => failure(() => strong(memory))))
    expect(new Set(reads.map(({ code }) => code))).toEqual(new Set(['STORE_TIMEOUT']))
    expect(Math.max(...reads.map(({ ms }) => ms))).toBeLessThan(TIMEOUT_MS + LATER_MS)
    const { code, ms } = await failure(() => strong(memory))
    expect(code).toBe('STORE_UNAVAILABLE')
    expect(ms).toBeLessThan(LATER_MS)
    emulator.resume()
    expect(await untilBack(memory)).toBeLessThan(RECOVERY_MS + SLACK_MS)
    await addAll(memory, ['two'])
    expect(await strong(memory)).toEqual(['one', 'two'])
  })

  it('what was added meanwhile is there once at most', async () => {
    const memory = managerOf()
    await addAll(memory, ['before'])
    await emulator.pause()
    const adding = await Promise.all(
      numbered(20).map((name) =>
        memory.addMemoryItem(message(name)).then(
          () => undefined,
          () => name,
        ),
      ),
    )
    expect(adding).toEqual(numbered(20))
    emulator.resume()
    await untilBack(memory)
    await addAll(memory, ['after'])
    const found = await strong(memory)
    expect(new Set(found).size).toBe(found.length)
    expect(found).toEqual(expect.arrayContaining(['before', 'after']))
  })

  it('has no more calls under way than allowed, and says so', async () => {
    const memory = managerOf({ durableCalls: { timeoutMs: TIMEOUT_MS, maxInFlight: 10, maxWaiting: 20 } })
    await addAll(memory, ['one'])
    await emulator.pause()
    const reads = await Promise.all(numbered(40).map(() => failure(() => strong(memory))))
    expect(reads.filter(({ code }) => code === 'OVERLOADED')).toHaveLength(10)
    expect(Math.max(...reads.map(({ ms }) => ms))).toBeLessThan(TIMEOUT_MS + LATER_MS)
  })

  it('a manager is closed in time', async () => {
    const memory = managerOf()
    await addAll(memory, ['one'])
    await emulator.pause()
    const reading = failure(() => strong(memory))
    const { ms } = await timed(() => memory.close())
    expect(ms).toBeLessThan(2_000 + LATER_MS)
    await reading
  })

  it('a query ends with its connection', async () => {
    const connection = await connectFirestore({ projectId: TEST_PROJECT }, { timeoutMs: 60_000 })
    const { calls } = connection
    const asked = () => calls.work().query(`${calls.database}/documents`, SOME_QUERY)
    expect(await asked()).toEqual([])
    await emulator.pause()
    const asking = [failure(asked), failure(() => calls.work().get(`${calls.database}/documents/any/document`))]
    const { ms } = await timed(() => connection.close())
    expect(ms).toBeLessThan(2_000 + LATER_MS)
    for (const { code, ms } of await Promise.all(asking)) {
      expect(['STORE_UNAVAILABLE', 'NOT_OPEN']).toContain(code)
      expect(ms).toBeLessThan(2_000 + LATER_MS)
    }
  })
})

describe('with a query that can never succeed', () => {
  it('there is no other try', async () => {
    const { calls, close } = await connectFirestore({ projectId: TEST_PROJECT })
    onTestFinished(close)
    const asked = () => calls.work().query(`${calls.database}/documents`, { ...SOME_QUERY, limit: { value: -1 } })
    const { code, ms } = await failure(asked)
    expect(code).toBe('STORE_FAILED')
    // Left to itself, the client goes on for seven seconds.
    expect(ms).toBeLessThan(LATER_MS)
  })
})

describe('with connections that swallow all', () => {
  it('a new one is made, and calls succeed again', async () => {
    const path = await startPath(proxy)
    vi.stubEnv('FIRESTORE_EMULATOR_HOST', `${path.host}:${path.port}`)
    const memory = managerOf()
    await addAll(memory, ['one'])
    path.freezeConnections()
    for (let i = 0; i < 3; i++) expect((await failure(() => strong(memory))).code).toBe('STORE_TIMEOUT')
    expect(await untilBack(memory)).toBeLessThan(RECOVERY_MS + SLACK_MS)
    expect(await strong(memory)).toEqual(['one'])
    // The frozen one is given up.
    await expect.poll(path.connections).toBe(1)
  })

  it('held for a while, both ways, calls succeed again', async () => {
    const memory = managerOf()
    await addAll(memory, ['one'])
    proxy.blackhole()
    for (let i = 0; i < 4; i++) expect((await failure(() => strong(memory))).code).toBe('STORE_TIMEOUT')
    proxy.resume()
    expect(await untilBack(memory)).toBeLessThan(RECOVERY_MS + SLACK_MS)
    await addAll(memory, ['two'])
    expect(await strong(memory)).toEqual(['one', 'two'])
  })
})

describe('with a connection that breaks', () => {
  it('while a commit is under way, what is added is there once', async () => {
    const memory = managerOf()
    await addAll(memory, ['before'])
    for (const name of numbered(10)) {
      const cut = proxy.cutAfterRequest(new RegExp(`said ${name}`))
      await memory.addMemoryItem(message(`said ${name}`))
      await cut
    }
    expect(await strong(memory)).toEqual(['before', ...numbered(10).map((name) => `said ${name}`)])
  })

  it('and is refused, calls fail at once, and succeed soon after it is accepted again', async () => {
    const memory = managerOf()
    await addAll(memory, ['one'])
    proxy.refuse()
    proxy.cut()
    for (let i = 0; i < 8; i++) {
      const { code, ms } = await failure(() => strong(memory))
      expect(code).toBe('STORE_UNAVAILABLE')
      expect(ms).toBeLessThan(TIMEOUT_MS + LATER_MS)
    }
    await proxy.accept()
    expect(await untilBack(memory)).toBeLessThan(RECOVERY_MS + SLACK_MS)
  })
})

describe('with a Firestore that dies', () => {
  it('calls succeed again when it is back', async () => {
    const own = await startFirestoreEmulator()
    onTestFinished(() => own.stop())
    vi.stubEnv('FIRESTORE_EMULATOR_HOST', `${own.host}:${own.port}`)
    await warmFirestore()
    const memory = managerOf({ durableCalls: {} })
    await addAll(memory, ['lost, as emulators keep nothing'])
    await own.kill()
    for (let i = 0; i < 8; i++) expect((await failure(() => strong(memory))).code).toBe('STORE_UNAVAILABLE')
    const next = await startFirestoreEmulator({ port: own.port })
    onTestFinished(() => next.stop())
    await warmFirestore()
    expect(await untilBack(memory)).toBeLessThan(RECOVERY_MS + SLACK_MS)
    await addAll(memory, ['again'])
    expect(await strong(memory)).toEqual(['again'])
  })
})
