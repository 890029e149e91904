import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { FirestoreCall } from '../../emulators/call-faults.ts'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type FirestoreMeter, startFirestoreMeter } from '../../emulators/firestore-meter.ts'
import { connectFirestore } from '../../src/clients/firestore.ts'
import { firestoreDurableStore } from '../../src/stores/firestore/durable-store.ts'
import {
  commitNow,
  entries,
  entry,
  loaded,
  plainEntries,
  plainTail,
  REVIEW,
  START,
  segmentBytes,
  segmentId,
  segmentRef,
  session,
} from '../../src/testing/durable-store-suite/fixtures.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import { freshPrefix, openFirestoreStore, startFirestoreForTests, TEST_PROJECT } from '../support/firestore.ts'

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
  const document = await calls.work().get(`${calls.database}/documents/${prefix}/v1/thermoclineSessions/${key}`)
  return JSON.stringify(document?.fields ?? {})
}

const chat = session('chat')
const GIVEN_UP_MS = 1_000

/**
 * Does `work` through a client that is in a hurry and whose next commit of so many writes is held up on its way, and
 * returns once it was given up; what is returned lets the commit go on, and resolves when it has arrived.
 */
async function ghost(
  prefix: string,
  writes: number,
  work: (store: DurableStore) => Promise<unknown>,
): Promise<() => Promise<void>> {
  const held = meter.hold(
    ({ method, request }) => method === 'Commit' && (request.writes as readonly unknown[]).length === writes,
  )
  const store = firestoreDurableStore({
    connect: () => connectFirestore({ projectId: TEST_PROJECT }, { timeoutMs: GIVEN_UP_MS }),
    collectionPrefix: prefix,
  })
  await store.open()
  onTestFinished(() => store.close())
  await expect(work(store)).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
  expect(held.met()).toBe(1)
  return async () => {
    held.release()
    // What goes the same way after it has arrived after it.
    for (let i = 0; i < 20; i++) await lying(prefix, 'none')
  }
}

describe('a commit that lands late', () => {
  const prefix = freshPrefix()
  let others: DurableStore
  beforeEach(async () => {
    others = await storeOn(prefix)
  })
  const bury = (erasedTo: number) => commitNow(others, chat.key, { ...BURY, erasedTo: START + erasedTo })
  afterEach(async () => {
    if ((await others.load(chat.key)) !== undefined) await bury(0)
  })
  let at = 1_000
  /** Entries later than all before, so that tests can share a session. */
  const later = () => {
    at += 1_000
    return entry(at, `entry at ${at}`)
  }

  it('of an append, in the next life of its session, is not seen', async () => {
    const [first, late, next] = [later(), later(), later()]
    await others.append(chat, [first], REVIEW)
    const arrive = await ghost(prefix, 1, (store) => store.append(chat, [late], REVIEW))
    await bury(late.createdAt - START)
    const { n } = await others.append(chat, [next], REVIEW)
    await arrive()
    expect(await loaded(others, chat.key)).toMatchObject({ n: n + 1 })
    const record = await loaded(others, chat.key, { withFence: true })
    expect(plainTail(record)).toEqual(plainEntries([next]))
    expect(await lying(prefix, chat.key)).not.toContain(`entry at ${late.createdAt - START}`)
  })

  it('of an append is there once, however often it is sent', async () => {
    const [first, late] = [later(), later()]
    await others.append(chat, [first], REVIEW)
    const arrive = await ghost(prefix, 1, (store) => store.append(chat, [late], REVIEW))
    await others.append(chat, [late], REVIEW)
    await arrive()
    expect(plainTail(await loaded(others, chat.key))).toEqual(plainEntries([first, late]))
  })

  it('of the append that would have made its session does not bring it back', async () => {
    const fresh = session(`fresh ${at}`)
    const [late, meanwhile] = [later(), later()]
    const arrive = await ghost(prefix, 3, (store) => store.append(fresh, [late], REVIEW))
    await others.append(fresh, [meanwhile], REVIEW)
    await commitNow(others, fresh.key, { ...BURY, erasedTo: meanwhile.createdAt })
    await arrive()
    expect(await others.load(fresh.key)).toBeUndefined()
    expect(await others.append(fresh, [late], REVIEW)).toMatchObject({ erasedTo: meanwhile.createdAt, tailItems: 0 })
  })

  it('of the append that would have made its session anew does not bring it back', async () => {
    const [first, late, meanwhile] = [later(), later(), later()]
    await others.append(chat, [first], REVIEW)
    await bury(first.createdAt - START)
    const arrive = await ghost(prefix, 3, (store) => store.append(chat, [late], REVIEW))
    await others.append(chat, [meanwhile], REVIEW)
    await bury(meanwhile.createdAt - START)
    await arrive()
    expect(await others.load(chat.key)).toBeUndefined()
    expect(await others.append(chat, [late], REVIEW)).toMatchObject({ erasedTo: meanwhile.createdAt, tailItems: 0 })
  })

  it.each([
    ['after another one', async () => void (await commitNow(others, chat.key, { about: 'theirs' }))],
    [
      'in the next life of its session',
      async () => {
        await bury(at)
        await others.append(chat, [later()], REVIEW)
        await commitNow(others, chat.key, { about: 'theirs' })
      },
    ],
  ])('of a structural change changes nothing %s', async (_, meanwhile) => {
    const tail = [later(), later()]
    await others.append(chat, tail, REVIEW)
    const put = [{ id: segmentId(1), bytes: segmentBytes(10) }]
    const change = { put, segments: [segmentRef(1)], dropTail: tail, about: 'ours' }
    const arrive = await ghost(prefix, 3, (store) => commitNow(store, chat.key, change))
    await meanwhile()
    const before = await loaded(others, chat.key, { withFence: true })
    await arrive()
    expect(await loaded(others, chat.key, { withFence: true })).toEqual(before)
    expect(before.about).toBe('theirs')
    expect(await others.getSegment(chat.key, segmentId(1))).toBeUndefined()
  })

  it('of a structural change holds beside what was appended meanwhile, or not at all', async () => {
    const [first, meanwhile] = [later(), later()]
    await others.append(chat, [first], REVIEW)
    const arrive = await ghost(prefix, 2, (store) => commitNow(store, chat.key, { dropTail: [first], about: 'ours' }))
    await others.append(chat, [meanwhile], REVIEW)
    await arrive()
    const record = await loaded(others, chat.key)
    expect(plainTail(record)).toEqual(plainEntries(record.about === 'ours' ? [meanwhile] : [first, meanwhile]))
  })

  it('of a burial does not take along what was appended meanwhile', async () => {
    const [first, meanwhile] = [later(), later()]
    await others.append(chat, [first], REVIEW)
    const change = { ...BURY, erasedTo: first.createdAt }
    const arrive = await ghost(prefix, 2, (store) => commitNow(store, chat.key, change))
    await others.append(chat, [meanwhile], REVIEW)
    await arrive()
    expect(plainTail(await loaded(others, chat.key))).toContainEqual(plainEntries([meanwhile])[0])
  })

  it('of what is known of a session is not said of its next life', async () => {
    await others.append(chat, [later()], REVIEW)
    const arrive = await ghost(prefix, 1, (store) => store.touch(chat.key, { failures: 7 }))
    await bury(at)
    await others.append(chat, [later()], REVIEW)
    await arrive()
    expect(await loaded(others, chat.key)).toMatchObject({ failures: 0 })
  })
})

describe('what was erased', () => {
  it('and is written late by a process that then died, is gone after the next look of a sweep', async () => {
    const prefix = freshPrefix()
    const store = await storeOn(prefix)
    await store.append(chat, entries(0, 3), REVIEW)
    await commitNow(store, chat.key, BURY)
    await store.append(chat, [entry(200)], REVIEW)
    // It is carried out once, and its second call, which takes out what the first has added, is never made.
    const isLate = ({ bytes }: FirestoreCall): boolean => bytes.includes('late and erased')
    const cut = meter.loseReply(isLate)
    const gone = meter.refuse(isLate, { times: Number.POSITIVE_INFINITY })
    await expect(store.append(chat, [entry(50, 'late and erased')], REVIEW)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    await cut.done
    gone.remove()
    expect(await lying(prefix, chat.key)).toContain('late and erased')
    const record = await loaded(store, chat.key, { withFence: true })
    expect(plainTail(record)).toEqual(plainEntries([entry(200)]))
    expect(await lying(prefix, chat.key)).not.toContain('late and erased')
    expect(await loaded(store, chat.key)).toMatchObject({ tailItems: 1 })
  })
})
