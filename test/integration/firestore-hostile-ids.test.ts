import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { isThermoclineError } from '../../src/errors.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { startFirestoreForTests, TEST_PROJECT } from '../support/firestore.ts'
import { contentsOf, type FirestoreContents, orphansIn } from '../support/firestore-contents.ts'
import { FirestoreLake } from '../support/firestore-lake.ts'
import {
  type Address,
  addOwn,
  changeOwn,
  hostileAddresses,
  inBatches,
  type Known,
} from '../support/hostile-addresses.ts'
import { isId } from '../support/hostile-ids.ts'
import { addAll, CHAT, collect, contents, message } from '../support/items.ts'
import { Chance } from '../support/random.ts'

const TRIPLES = 1500
const AT_ONCE = 50
/** All that a document of ours is called: hashes, stamps and random ids in base-32. */
const OUR_NAME = /^[0-9a-v]{26,80}$/

let emulator: FirestoreEmulator
beforeAll(async () => {
  emulator = await startFirestoreForTests()
})
afterAll(() => emulator?.stop())

/** All that names a session, or its owner alone. */
function callsFor(memory: TieredStorageManager, address: Address): readonly (() => unknown)[] {
  const { tenantId, userId } = address
  const item = { ...address, content: 'x', contentType: 'note' }
  const ofOwner = [
    () => memory.scoped({ tenantId, userId }),
    () => memory.listSessions({ tenantId, userId }),
    () => memory.eraseUser({ tenantId, userId }),
    () => memory.searchMemory({ tenantId, userId, query: 'x' }),
    () => collect(memory.iterateSessions({ tenantId, userId })),
  ]
  return [
    () => memory.addMemoryItem(item),
    () => memory.addMemoryItems([item]),
    () => memory.getConversationHistory({ ...address, read: 'strong' }),
    () => memory.popMemoryItem(address),
    () => memory.replaceConversationEnd({ ...address, expected: [], items: [] }),
    () => memory.updateSession({ ...address, metadata: {} }),
    () => memory.getSession(address),
    () => memory.deleteSession(address),
    () => memory.forkSession({ ...address, toSessionId: 'copy' }),
    () => memory.promote(address),
    () => memory.demote(address),
    ...(isId(tenantId) && isId(userId) ? [] : ofOwner),
  ]
}

async function expectRefused(memory: TieredStorageManager, address: Address): Promise<void> {
  for (const call of callsFor(memory, address)) {
    const answer: unknown = await Promise.resolve()
      .then(call)
      .catch((error: unknown) => error)
    if (!isThermoclineError(answer, 'INVALID_ID')) expect.unreachable(`${call} answered ${String(answer)}`)
  }
}

async function act(memory: TieredStorageManager, one: Known, chance: Chance): Promise<void> {
  const id = await addOwn(memory, one, 1)
  await addOwn(memory, one, 2)
  const what = chance.between(1, 8)
  await changeOwn(memory, one, id, what)
  const { address } = one
  if (what === 5) await memory.updateSession({ ...address, metadata: { of: JSON.stringify(address) } })
}

function expectOurNames(stored: FirestoreContents): void {
  const names = Object.values(stored).flatMap((all) => all.map(({ id }) => id))
  expect(names.filter((name) => !OUR_NAME.test(name))).toEqual([])
}

describe('hostile ids', () => {
  it(`${TRIPLES} triples of them reach nothing but their own, or are refused before anything is asked`, {
    timeout: 120_000,
  }, async () => {
    const lake = new FirestoreLake()
    const memory = lake.open()
    await memory.initialize()
    const { known, refused } = hostileAddresses(TRIPLES, 13)
    for (const address of refused) await expectRefused(memory, address)
    expect(lake.watched.calls).toBe(0)

    const chance = new Chance(5)
    await inBatches(AT_ONCE, known, (one) => act(memory, one, chance))
    const other = lake.open()
    await inBatches(AT_ONCE, known, async ({ address, expected }) => {
      const items = await other.getConversationHistory({ ...address, read: 'strong' })
      if (contents(items).join('\n') !== expected.join('\n')) expect(contents(items)).toEqual(expected)
      for (const item of items) expect(item).toMatchObject(address)
    })
    const live = known.filter(({ expected }) => expected.length > 0)
    const stored = await contentsOf(TEST_PROJECT, lake.watched.prefix)
    expect(stored.sessions).toHaveLength(live.length)
    expectOurNames(stored)
    expect(orphansIn(stored)).toEqual([])
  })

  it('lists have the sessions of one user only', async () => {
    const lake = new FirestoreLake()
    const memory = lake.open()
    // Composed and decomposed, upper and lower case, and what others take for the same or for a part.
    const users = ['\u00e9', 'e\u0301', 'A', 'a', 'a ', 'a/b', 'a.b', '*', '__all__', '..', 'ada:1', 'ada']
    await Promise.all(
      users.map((userId, i) => memory.addMemoryItem({ ...message(`of ${i}`), userId, sessionId: '1:ada' })),
    )
    for (const userId of users) {
      const { sessions } = await lake.open().listSessions({ userId })
      expect(sessions).toEqual([expect.objectContaining({ tenantId: 'default', userId, sessionId: '1:ada' })])
    }
  })

  it('ids of items of others are refused in a scope, before anything is asked', async () => {
    const lake = new FirestoreLake()
    const memory = lake.open()
    const [id] = await addAll(memory, ['one'])
    const scope = lake.open().scoped({ tenantId: 'other', userId: CHAT.userId })
    const { calls } = lake.watched
    for (const call of [
      () => scope.getMemoryItem(id!, { read: 'strong' }),
      () => scope.updateMemoryItem(id!, { content: 'x' }),
      () => scope.deleteMemoryItem(id!),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'OUT_OF_SCOPE' })
    }
    expect(lake.watched.calls).toBe(calls)
    expect(contents(await lake.read())).toEqual(['one'])
  })

  it('two prefixes of one database share nothing', async () => {
    const [one, two] = [new FirestoreLake(), new FirestoreLake()]
    const [id] = await addAll(one.open(), ['one'])
    const memory = two.open()
    expect(await memory.getMemoryItem(id!)).toBeUndefined()
    expect(await memory.deleteSession(CHAT)).toBe(false)
    expect((await memory.listSessions({ userId: CHAT.userId })).sessions).toEqual([])
    two.clock.advance(1000 * 86_400_000)
    expect(await memory.runMigration()).toMatchObject({ sessions: 0 })
    expect(contents(await one.read())).toEqual(['one'])
  })
})
