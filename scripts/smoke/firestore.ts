import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Firestore } from '@google-cloud/firestore'
import { type MemoryItem, TieredStorageManager } from '../../src/index.ts'
import { OperationCounter } from './operations.ts'
import type { SmokeService, SmokeTarget, Step } from './service.ts'

const SESSION = { userId: 'smoke', sessionId: 'round-trip' }
const CALL_TIMEOUT_MS = 20_000
const CLEAN_UP_MS = 10_000
const FIRST_ITEMS = 3
const ITEMS = 43
const TOPICS = ['a boat', 'a gale', 'an anchor', 'a harbour']
const CONTENTS: readonly string[] = Array.from(
  { length: ITEMS },
  (_, i) => `Note ${i}: about ${TOPICS[i % TOPICS.length]}.`,
)

/** What the steps work with: a memory in a collection prefix of its own. */
interface Trip {
  readonly memory: TieredStorageManager
  /** The same with a tail so short that what was added is sealed. */
  readonly sealing: TieredStorageManager
}

export type TripStep = readonly [name: string, run: (trip: Trip) => Promise<void>]

export const TRIP: readonly TripStep[] = [
  ['add 3 items, one by one', ({ memory }) => add(memory, 0, FIRST_ITEMS)],
  ['load them', ({ memory }) => expectHistory(memory, FIRST_ITEMS)],
  ['add 40 more at once', ({ memory }) => addAtOnce(memory, FIRST_ITEMS, ITEMS)],
  ['ask for what is due, and seal it', seal],
  ['load the record and a page', ({ memory }) => expectHistory(memory, ITEMS)],
  ['archive', archive],
  ['load what is cold', ({ memory }) => expectHistory(memory, ITEMS, 'cold')],
  ['list sessions', list],
  ['search', search],
  ['erase the user', erase],
]

/** Firestore, in a collection prefix of its own. `steps` is for tests of what happens when one fails. */
export function firestoreSmoke(steps: readonly TripStep[] = TRIP): SmokeService {
  return { name: 'Firestore', run: (target, tell, signal) => roundTrip(steps, target, tell, signal) }
}

async function roundTrip(
  steps: readonly TripStep[],
  { projectId, databaseId = '(default)' }: SmokeTarget,
  tell: (step: Step) => void,
  signal: AbortSignal,
): Promise<void> {
  const counter = new OperationCounter()
  const collectionPrefix = `smoke-${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}-${randomBytes(3).toString('hex')}`
  const open = (tailMaxItems: number): TieredStorageManager =>
    new TieredStorageManager({
      firestore: { client: () => counter.watch(new Firestore({ projectId, databaseId })), collectionPrefix },
      // It is tried whether it works, not how fast: the first call makes connections too.
      durableCalls: { timeoutMs: CALL_TIMEOUT_MS },
      // Everything comes from Firestore, and only when it is asked for.
      ...{ inProcess: { maxBytes: 0 }, segmentCacheMaxBytes: 0, tierMigrationInterval: 0, tailMaxItems },
    })
  const timed = async (name: string, run: () => Promise<void>): Promise<void> => {
    const [startedAt, before] = [performance.now(), counter.total()]
    await run()
    const after = counter.total()
    const operations = {
      reads: after.reads - before.reads,
      writes: after.writes - before.writes,
      deletes: after.deletes - before.deletes,
    }
    tell({ name, ms: performance.now() - startedAt, operations })
  }
  const trip: Trip = { memory: open(200), sealing: open(20) }
  const failures: Error[] = []
  try {
    for (const [name, run] of steps) {
      signal.throwIfAborted()
      await timed(name, () => run(trip)).catch((cause: unknown) => {
        throw new Error(`${name}: ${messageOf(cause)}`, { cause })
      })
    }
  } catch (error) {
    failures.push(error as Error)
  }
  // First: what is under way must not write behind the back of the cleaning.
  await Promise.all([trip.memory.close(), trip.sealing.close()])
  await timed('clean up', () => cleanUp({ projectId, databaseId }, collectionPrefix, counter)).catch((error: Error) => {
    failures.push(error)
  })
  const [first] = failures
  if (first !== undefined) throw new Error(failures.map(messageOf).join('; '), { cause: first.cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function add(memory: TieredStorageManager, from: number, to: number): Promise<void> {
  for (const content of CONTENTS.slice(from, to))
    await memory.addMemoryItem({ ...SESSION, contentType: 'note', content })
}

async function addAtOnce(memory: TieredStorageManager, from: number, to: number): Promise<void> {
  await memory.addMemoryItems(CONTENTS.slice(from, to).map((content) => ({ ...SESSION, contentType: 'note', content })))
}

async function expectHistory(memory: TieredStorageManager, count: number, tier?: MemoryItem['tier']): Promise<void> {
  const history = await memory.getConversationHistory(SESSION)
  assert.deepEqual(
    history.map(({ content }) => content),
    CONTENTS.slice(0, count),
    'what was added did not come back equal and in order',
  )
  if (tier !== undefined)
    assert.ok(
      history.every((item) => item.tier === tier),
      `not all of it is ${tier}`,
    )
}

async function seal({ sealing }: Trip): Promise<void> {
  const { sealed, failures } = await sealing.runMigration({ all: true })
  assert.deepEqual(failures, [])
  assert.ok(sealed.items > 0, 'nothing was sealed')
}

async function archive({ memory }: Trip): Promise<void> {
  await memory.demote(SESSION, 'cold')
}

async function list({ memory }: Trip): Promise<void> {
  const { sessions } = await memory.listSessions({ userId: SESSION.userId })
  assert.deepEqual(
    sessions.map(({ sessionId, items }) => [sessionId, items]),
    [[SESSION.sessionId, ITEMS]],
  )
}

async function search({ memory }: Trip): Promise<void> {
  const { hits } = await memory.searchMemory({ userId: SESSION.userId, query: 'anchor', limit: 1 })
  assert.match(hits[0]?.item.content ?? '', /anchor/)
}

async function erase({ memory }: Trip): Promise<void> {
  const { removed } = await memory.eraseUser({ userId: SESSION.userId })
  assert.equal(removed.sessions, 1)
  assert.deepEqual(await memory.getConversationHistory(SESSION), [])
}

/** Removes all documents below the prefix: fences and the job of the erase would stay for their time. */
async function cleanUp(target: SmokeTarget, collectionPrefix: string, counter: OperationCounter): Promise<void> {
  const client = new Firestore(target)
  const late = new AbortController()
  try {
    await Promise.race([removeAll(client, collectionPrefix, counter), failAfter(CLEAN_UP_MS, late.signal)])
    await client.terminate()
  } catch (cause) {
    const how = `"firebase firestore:delete --recursive ${collectionPrefix}" does it by hand`
    throw new Error(`cannot remove what may lie below ${collectionPrefix}: ${messageOf(cause)}: ${how}`, { cause })
  } finally {
    late.abort()
  }
}

async function removeAll(client: Firestore, collectionPrefix: string, counter: OperationCounter): Promise<void> {
  const root = client.doc(`${collectionPrefix}/v1`)
  for (const collection of await root.listCollections()) {
    const { docs } = await collection.select().get()
    const batch = client.batch()
    for (const { ref } of docs) batch.delete(ref)
    await batch.commit()
    counter.add({ reads: Math.max(1, docs.length), writes: 0, deletes: docs.length })
  }
  assert.deepEqual(await root.listCollections(), [], 'something is left')
}

/** Google's library goes on trying for minutes. */
async function failAfter(ms: number, signal: AbortSignal): Promise<never> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
  throw new Error(`not done within ${ms / 1000} s`)
}
