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
/** Documents of at most 1 MiB, and a commit has at most 10. */
const DELETES_AT_ONCE = 9
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

export interface TripStep {
  readonly name: string
  /** What Firestore has to do for it that no emulator can vouch for. */
  readonly needs?: string
  run(trip: Trip): Promise<void>
}

/** First what only the real Firestore can show, each by itself. */
export const TRIP: readonly TripStep[] = [
  {
    name: 'add an item',
    needs: 'one commit that makes a document and deletes two that must not exist',
    run: ({ memory }) => add(memory, 0, 1),
  },
  {
    name: 'add two more, one by one',
    needs: 'one write of transforms alone, to a document that must exist',
    run: ({ memory }) => add(memory, 1, FIRST_ITEMS),
  },
  { name: 'load them', needs: 'reading a document', run: ({ memory }) => expectHistory(memory, FIRST_ITEMS) },
  {
    name: 'describe the session',
    needs: 'a commit that compares the time at which a document was changed',
    run: async ({ memory }) => void (await memory.updateSession({ ...SESSION, metadata: { topic: 'sailing' } })),
  },
  {
    name: 'ask for what is due',
    needs: 'a query by the index of "shard" and "reviewAt"',
    run: async ({ memory }) => void (await migrate(memory)),
  },
  { name: 'list sessions', needs: 'a query by the index of "owner" and "updatedAt"', run: list(FIRST_ITEMS) },
  { name: 'add 40 more at once', run: ({ memory }) => addAtOnce(memory, FIRST_ITEMS, ITEMS) },
  { name: 'seal what is due', run: seal },
  { name: 'load the record and a page', run: ({ memory }) => expectHistory(memory, ITEMS) },
  { name: 'archive', run: archive },
  { name: 'load what is cold', run: ({ memory }) => expectHistory(memory, ITEMS, 'cold') },
  { name: 'list sessions again', run: list(ITEMS) },
  { name: 'search', run: search },
  { name: 'erase the user', needs: 'deletes, and a commit that leaves a fence behind', run: erase },
]

const LARGE_SESSION = { userId: 'smoke-large', sessionId: 'large' }
const LARGE_ITEMS = 36
/** Of random bytes, which nothing makes shorter; as base64 within what an item may have. */
const LARGE_ITEM_BYTES = 330_000

/** A commit may not touch more than 10 MiB, and how much deletes count is not written down: this stores 11.3 MiB. */
export const LARGE_STEPS: readonly TripStep[] = [
  { name: 'store a session of 11 MiB', run: storeLarge },
  { name: 'remove it', needs: 'deleting more than the 10 MiB that one commit may have', run: removeLarge },
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
    for (const [i, step] of steps.entries()) {
      signal.throwIfAborted()
      await timed(step.name, () => step.run(trip)).catch((cause: unknown) => {
        const needs = step.needs === undefined ? '' : `, which needs ${step.needs}`
        throw new Error(`step ${i + 1} of ${steps.length}, "${step.name}"${needs}: ${messageOf(cause)}`, { cause })
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
  assert.ok((await migrate(sealing)) > 0, 'nothing was sealed')
}

/** Gives how many items were sealed. */
async function migrate(memory: TieredStorageManager): Promise<number> {
  const { sealed, failures } = await memory.runMigration({ all: true })
  assert.deepEqual(failures, [])
  return sealed.items
}

async function archive({ memory }: Trip): Promise<void> {
  await memory.demote(SESSION, 'cold')
}

function list(count: number): TripStep['run'] {
  return async ({ memory }) => {
    const { sessions } = await memory.listSessions({ userId: SESSION.userId })
    assert.deepEqual(
      sessions.map(({ sessionId, items }) => [sessionId, items]),
      [[SESSION.sessionId, count]],
    )
  }
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

async function storeLarge({ memory }: Trip): Promise<void> {
  for (let i = 0; i < LARGE_ITEMS; i++) {
    const content = randomBytes(LARGE_ITEM_BYTES).toString('base64')
    await memory.addMemoryItem({ ...LARGE_SESSION, contentType: 'note', content })
  }
  assert.equal((await memory.getConversationHistory(LARGE_SESSION)).length, LARGE_ITEMS)
}

async function removeLarge({ memory }: Trip): Promise<void> {
  assert.ok(await memory.deleteSession(LARGE_SESSION), 'there was nothing to remove')
  assert.deepEqual(await memory.getConversationHistory(LARGE_SESSION), [])
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
    for (let from = 0; from < docs.length; from += DELETES_AT_ONCE) {
      const batch = client.batch()
      for (const { ref } of docs.slice(from, from + DELETES_AT_ONCE)) batch.delete(ref)
      await batch.commit()
    }
    counter.add({ reads: Math.max(1, docs.length), writes: 0, deletes: docs.length })
  }
  assert.deepEqual(await root.listCollections(), [], 'something is left')
}

/** Google's library goes on trying for minutes. */
async function failAfter(ms: number, signal: AbortSignal): Promise<never> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
  throw new Error(`not done within ${ms / 1000} s`)
}
