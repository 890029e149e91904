import { FieldValue, Firestore } from '@google-cloud/firestore'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FirestoreEmulator, startFirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type FirestoreMeter, startFirestoreMeter } from '../../emulators/firestore-meter.ts'

let emulator: FirestoreEmulator
let meter: FirestoreMeter
/** Through the meter. */
let metered: Firestore
/** Past it. */
let direct: Firestore
let projects = 0

beforeAll(async () => {
  emulator = await startFirestoreEmulator()
  meter = await startFirestoreMeter(emulator)
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await meter?.stop()
  await emulator?.stop()
})

beforeEach(() => {
  projects += 1
  metered = connect(meter)
  direct = connect(emulator)
})

afterEach(async () => {
  await Promise.all([metered.terminate(), direct.terminate()])
})

function connect({ env }: FirestoreMeter | FirestoreEmulator): Firestore {
  vi.stubEnv('FIRESTORE_EMULATOR_HOST', env.FIRESTORE_EMULATOR_HOST)
  const client = new Firestore({ projectId: `meter-${projects}` })
  // Reads the environment now.
  client.doc('lakes/bled')
  return client
}

describe('Firestore meter', () => {
  async function five(): Promise<void> {
    const batch = direct.batch()
    for (const depth of [1, 2, 3, 4, 5]) batch.set(direct.doc(`lakes/l${depth}`), { depth, name: `lake ${depth}` })
    await batch.commit()
  }
  const lakes = () => metered.collection('lakes')
  const doc = (id: string) => metered.doc(`lakes/${id}`)

  const reads = (reads: number, calls: object) => ({ reads, writes: 0, deletes: 0, failedCommits: 0, calls })
  const commit = (counts: object) => ({ reads: 0, writes: 0, deletes: 0, failedCommits: 0, calls: { Commit: 1 }, ...counts })

  it.each<[string, () => Promise<unknown>, object]>([
    ['a document that is there', () => doc('l1').get(), reads(1, { BatchGetDocuments: 1 })],
    ['one that is missing', () => doc('none').get(), reads(1, { BatchGetDocuments: 1 })],
    ['three at once, one missing', () => metered.getAll(doc('l1'), doc('l2'), doc('none')), reads(3, { BatchGetDocuments: 1 })],
    ['a query', () => lakes().where('depth', '>', 2).get(), reads(3, { RunQuery: 1 })],
    ['a query that finds nothing', () => lakes().where('depth', '>', 9).get(), reads(1, { RunQuery: 1 })],
    ['a query with an offset', () => lakes().orderBy('depth').offset(2).limit(2).get(), reads(4, { RunQuery: 1 })],
    ['an offset past the end', () => lakes().orderBy('depth').offset(9).get(), reads(5, { RunQuery: 1 })],
    ['chosen fields of a query', () => lakes().select('name').get(), reads(5, { RunQuery: 1 })],
    ['a count', () => lakes().count().get(), reads(1, { RunAggregationQuery: 1 })],
    ['names of documents', () => lakes().listDocuments(), reads(5, { ListDocuments: 1 })],
    ['names of collections', () => metered.listCollections(), reads(1, { ListCollectionIds: 1 })],
    ['a document that is set', () => doc('l9').set({ depth: 9 }), commit({ writes: 1 })],
    ['a transform', () => doc('l1').update({ depth: FieldValue.increment(1) }), commit({ writes: 1 })],
    ['a deletion', () => doc('l1').delete(), commit({ deletes: 1 })],
    ['a failed creation', () => doc('l1').create({ depth: 1 }).catch(() => {}), commit({ failedCommits: 1 })],
    ['a batch', () => metered.batch().set(doc('l6'), { depth: 6 }).update(doc('l1'), { depth: 0 }).delete(doc('l2')).commit(), commit({ writes: 2, deletes: 1 })],
    ['a batch of which one write fails', () => metered.batch().set(doc('l6'), { depth: 6 }).create(doc('l1'), {}).commit().catch(() => {}), commit({ failedCommits: 1 })],
    ['a transaction', () => metered.runTransaction(async (t) => { const { depth } = (await t.get(doc('l1'))).data() ?? {}; t.update(doc('l1'), { depth: depth + 1 }) }), { reads: 1, writes: 1, deletes: 0, failedCommits: 0, calls: { BatchGetDocuments: 1, Commit: 1 } }],
  ])('counts %s', async (_, act, counts) => {
    await five()
    meter.resetCounts()
    await act()
    expect(meter.counts()).toEqual(counts)
  })
})
