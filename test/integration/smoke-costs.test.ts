import { readFileSync } from 'node:fs'
import { Firestore } from '@google-cloud/firestore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { OperationCounter } from '../../scripts/smoke/operations.ts'
import { type NewMemoryItem, TieredStorageManager, type TieredStorageManagerOptions } from '../../src/index.ts'
import { ROOT } from '../package/repository.ts'
import { freshPrefix, startFirestoreForTests, TEST_PROJECT } from '../support/firestore.ts'

let emulator: FirestoreEmulator

beforeAll(async () => {
  emulator = await startFirestoreForTests()
})

afterAll(() => emulator?.stop())

const SESSION = { userId: 'ada', sessionId: 'oslo' }
const SHORT_TAIL = { tailMaxItems: 20 }

function items(count: number, from = 0): NewMemoryItem[] {
  return Array.from({ length: count }, (_, i) => ({
    ...SESSION,
    contentType: 'note',
    content: `Note ${from + i} of the trip to Oslo`,
  }))
}

/** A memory of which every call goes to Firestore, and which has no background work left when `use` has ended. */
async function using(
  collectionPrefix: string,
  use: (memory: TieredStorageManager) => Promise<unknown>,
  options: TieredStorageManagerOptions = {},
): Promise<string> {
  const counter = new OperationCounter()
  await using memory = new TieredStorageManager({
    firestore: { client: () => counter.watch(new Firestore({ projectId: TEST_PROJECT })), collectionPrefix },
    // On a busy machine the first calls of a new emulator are slow.
    durableCalls: { timeoutMs: 30_000 },
    ...{ inProcess: { maxBytes: 0 }, segmentCacheMaxBytes: 0, tierMigrationInterval: 0, ...options },
  })
  await memory.initialize()
  await use(memory)
  await memory.close()
  const { reads, writes, deletes } = counter.total()
  return `${reads} ${writes} ${deletes}`
}

interface Case {
  readonly before?: (memory: TieredStorageManager) => Promise<unknown>
  readonly optionsBefore?: TieredStorageManagerOptions
  readonly options?: TieredStorageManagerOptions
  readonly call: (memory: TieredStorageManager) => Promise<unknown>
}

let firstId = ''
const few = async (memory: TieredStorageManager): Promise<void> => {
  firstId = (await memory.addMemoryItems(items(3)))[0]!
}
const many = (memory: TieredStorageManager): Promise<unknown> => memory.addMemoryItems(items(40))
const archived = async (memory: TieredStorageManager): Promise<unknown> => {
  await few(memory)
  return memory.demote(SESSION, 'cold')
}

/** By the first cell of a row of the table in docs/firestore.md. */
const CASES: { readonly [row: string]: Case } = {
  'the first `addMemoryItem` of a session': { call: (memory) => memory.addMemoryItem(items(1)[0]!) },
  'each further one; `addMemoryItems` for each session': { before: few, call: few },
  'an item of more than 64 KiB, which is sealed at once': {
    before: few,
    call: (memory) => memory.addMemoryItem({ ...items(1)[0]!, content: 'x'.repeat(70_000) }),
  },
  'a history, whole or the newest items, while it is all in the record': {
    before: few,
    call: (memory) => memory.getConversationHistory(SESSION),
  },
  'the same of a cold session of at most 64 KiB, packed': {
    before: archived,
    call: (memory) => memory.getConversationHistory(SESSION),
  },
  'the same of a session that has one page or archive': {
    before: many,
    optionsBefore: SHORT_TAIL,
    call: (memory) => memory.getConversationHistory(SESSION),
  },
  'an add after which the tail is sealed': {
    before: (memory) => memory.addMemoryItems(items(SHORT_TAIL.tailMaxItems)),
    options: SHORT_TAIL,
    // The one that crosses the bound: while the tail stays beyond it, not every add seals.
    call: (memory) => memory.addMemoryItem(items(1, SHORT_TAIL.tailMaxItems)[0]!),
  },
  '`demote` of a short session to cold': { before: few, call: (memory) => memory.demote(SESSION, 'cold') },
  'a sweep where nothing is due': { call: (memory) => memory.runMigration() },
  '`getMemoryItem`, of the record': { before: few, call: (memory) => memory.getMemoryItem(firstId) },
  '`updateMemoryItem`': { before: few, call: (memory) => memory.updateMemoryItem(firstId, { content: 'Bergen' }) },
  '`deleteMemoryItem`': { before: few, call: (memory) => memory.deleteMemoryItem(firstId) },
  '`searchMemory`, of a user with one short session': {
    before: few,
    call: (memory) => memory.searchMemory({ userId: 'ada', query: 'oslo' }),
  },
  '`deleteSession`': { before: few, call: (memory) => memory.deleteSession(SESSION) },
  '`listSessions`, a page of one session': { before: few, call: (memory) => memory.listSessions({ userId: 'ada' }) },
  '`getSession`': { before: few, call: (memory) => memory.getSession(SESSION) },
  '`eraseUser` of one short session, first pass': {
    before: few,
    call: (memory) => memory.eraseUser({ userId: 'ada' }),
  },
}

/** Rows of the table of costs: what is done, then reads, writes and deletes. */
const ROW = /^\| (.+?) \| (\d+) \| (\d+) \| (\d+) \|$/gm

describe('docs/firestore.md', () => {
  const markdown = readFileSync(`${ROOT}docs/firestore.md`, 'utf8')
  const rows = new Map([...markdown.matchAll(ROW)].map(([, row, ...counts]) => [row!, counts.join(' ')]))

  it('has a row for each call that is counted here, and for no other', () => {
    expect([...rows.keys()].sort()).toEqual(Object.keys(CASES).sort())
  })

  it.each(Object.entries(CASES))('says what it costs: %s', async (row, { before, optionsBefore, options, call }) => {
    const prefix = freshPrefix()
    if (before !== undefined) await using(prefix, before, optionsBefore)
    expect(await using(prefix, call, options)).toBe(rows.get(row))
  })
})
