import { AggregateField, FieldValue, Firestore, v1 } from '@google-cloud/firestore'
import { credentials } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FirestoreCall } from '../../emulators/call-faults.ts'
import { type FirestoreEmulator, startFirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { type FirestoreCounts, type FirestoreMeter, startFirestoreMeter } from '../../emulators/firestore-meter.ts'
import type { TcpAddress } from '../../emulators/free-port.ts'

// Which clients take as final, unlike ABORTED and UNAVAILABLE.
const PERMISSION_DENIED = 7
const DEADLINE_EXCEEDED = 4

describe('Firestore meter', () => {
  let emulator: FirestoreEmulator
  let meter: FirestoreMeter
  /** Of this test's own project, through the meter. */
  let metered: Firestore
  /** The same project past the meter. */
  let direct: Firestore
  let projects = 0

  beforeAll(async () => {
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    emulator = await startFirestoreEmulator()
    meter = await startFirestoreMeter(emulator)
  })

  beforeEach(async () => {
    projects += 1
    metered = connect(meter)
    direct = connect(emulator)
    await writeLakes()
    meter.resetCounts()
  })

  afterEach(async () => {
    await Promise.all([metered.terminate(), direct.terminate()])
  })

  afterAll(async () => {
    await meter?.stop()
    await emulator?.stop()
    vi.unstubAllEnvs()
  })

  function connect({ host, port }: TcpAddress): Firestore {
    return new Firestore({ projectId: `meter-${projects}`, host: `${host}:${port}`, ssl: false })
  }

  /** The gRPC calls themselves, which end when and as their caller says. */
  function connectBare() {
    const sslCreds = credentials.createInsecure()
    const client = new v1.FirestoreClient({ servicePath: meter.host, port: meter.port, sslCreds })
    return { client, database: `projects/meter-${projects}/databases/(default)` }
  }

  async function writeLakes(): Promise<void> {
    const batch = direct.batch()
    for (const depth of [1, 2, 3, 4, 5]) batch.set(direct.doc(`lakes/l${depth}`), { depth })
    await batch.commit()
  }

  function lakes() {
    return metered.collection('lakes')
  }

  function lake(id: string) {
    return metered.doc(`lakes/${id}`)
  }

  /** What the emulator has. */
  async function depthOf(id: string): Promise<unknown> {
    return (await direct.doc(`lakes/${id}`).get()).data()?.depth
  }

  function counts(some: Partial<FirestoreCounts>): FirestoreCounts {
    return { reads: 0, writes: 0, deletes: 0, failedCommits: 0, calls: {}, ...some }
  }

  describe('counts reads:', () => {
    it.each<[string, number, string, () => Promise<unknown>]>([
      ['a document', 1, 'BatchGetDocuments', () => lake('l1').get()],
      ['a missing one', 1, 'BatchGetDocuments', () => lake('none').get()],
      ['several, one missing', 3, 'BatchGetDocuments', () => metered.getAll(lake('l1'), lake('none'), lake('l2'))],
      ['a query', 3, 'RunQuery', () => lakes().where('depth', '>', 2).get()],
      ['a query of some fields', 5, 'RunQuery', () => lakes().select().get()],
      ['a query that finds nothing', 1, 'RunQuery', () => lakes().where('depth', '>', 9).get()],
      ['what an offset skips', 5, 'RunQuery', () => lakes().orderBy('depth').offset(2).limit(3).get()],
      ['a count of few', 1, 'RunAggregationQuery', () => lakes().count().get()],
      ['a count of none', 1, 'RunAggregationQuery', () => metered.collection('seas').count().get()],
      [
        'a sum',
        1,
        'RunAggregationQuery',
        () =>
          lakes()
            .aggregate({ sum: AggregateField.sum('depth') })
            .get(),
      ],
      ['ids of documents', 5, 'ListDocuments', () => lakes().listDocuments()],
      ['ids of collections', 1, 'ListCollectionIds', () => metered.listCollections()],
    ])('%s', async (_, reads, method, act) => {
      await act()
      // Google's library takes the last message of a query for its end; what the end itself costs comes a moment later.
      await vi.waitFor(() => expect(meter.counts()).toEqual(counts({ reads, calls: { [method]: 1 } })))
    })

    it('single documents of the bare protocol, there and missing', async () => {
      const { client, database } = connectBare()
      await client.getDocument({ name: `${database}/documents/lakes/l1` })
      await expect(client.getDocument({ name: `${database}/documents/lakes/none` })).rejects.toThrow(/NOT_FOUND/)
      expect(meter.counts()).toEqual(counts({ reads: 2, calls: { GetDocument: 2 } }))
      await client.close()
    })

    it('a count, per thousand', async () => {
      for (const part of [0, 1, 2]) {
        const batch = direct.batch()
        for (let index = 0; index < 500; index++) batch.set(direct.doc(`seas/${part}-${index}`), {})
        await batch.commit()
      }
      expect((await metered.collection('seas').count().get()).data().count).toBe(1_500)
      expect(meter.counts().reads).toBe(2)
    })
  })

  describe('counts writes:', () => {
    it.each<[string, Partial<FirestoreCounts>, () => Promise<unknown>]>([
      ['a new document', { writes: 1 }, () => lake('l6').create({ depth: 6 })],
      ['one that is the same again', { writes: 1 }, () => lake('l1').set({ depth: 1 })],
      ['a transform', { writes: 1 }, () => lake('l1').update({ depth: FieldValue.increment(1) })],
      ['a deletion', { deletes: 1 }, () => lake('l1').delete()],
      [
        'a batch',
        { writes: 2, deletes: 1 },
        () => metered.batch().set(lake('l6'), {}).update(lake('l1'), { depth: 0 }).delete(lake('l2')).commit(),
      ],
    ])('%s', async (_, some, act) => {
      await act()
      expect(meter.counts()).toEqual(counts({ ...some, calls: { Commit: 1 } }))
    })

    it.each<[string, () => Promise<unknown>]>([
      ['one that fails', () => lake('l1').create({})],
      ['a batch of which one write fails', () => metered.batch().delete(lake('l2')).create(lake('l1'), {}).commit()],
    ])('not %s', async (_, act) => {
      await expect(act()).rejects.toThrow(/ALREADY_EXISTS/)
      expect(meter.counts()).toEqual(counts({ failedCommits: 1, calls: { Commit: 1 } }))
    })

    it('a transaction, with what it reads', async () => {
      await metered.runTransaction(async (transaction) => {
        const { size } = await transaction.get(lakes())
        transaction.set(lake('sum'), { size }).delete(lake('l1'))
      })
      expect(meter.counts()).toEqual(counts({ reads: 5, writes: 1, deletes: 1, calls: { RunQuery: 1, Commit: 1 } }))
    })

    it('those of a bulk that succeed', async () => {
      const bulk = metered.bulkWriter()
      const results = [bulk.create(lake('l1'), {}), bulk.set(lake('l6'), {}), bulk.delete(lake('l2'))]
      await Promise.all([Promise.allSettled(results), bulk.close()])
      const some = { writes: 1, deletes: 1, failedCommits: 1, calls: { BatchWrite: 1 } }
      expect(meter.counts()).toEqual(counts(some))
    })
  })

  it('passes on what the emulator says of a call that fails', async () => {
    const [one, other] = await Promise.all(
      [metered, direct].map((client) => client.doc('lakes/l1').create({}).catch(String)),
    )
    expect(one).toMatch(/ALREADY_EXISTS/)
    expect(one).toBe(other)
  })

  it('refuses calls that match, and they are not carried out', async () => {
    const fault = meter.refuse(({ method }) => method === 'Commit', { code: 'PERMISSION_DENIED', times: 2 })
    await expect(lake('l1').set({ depth: 10 })).rejects.toMatchObject({ code: PERMISSION_DENIED })
    expect((await lake('l1').get()).data()).toEqual({ depth: 1 })
    await expect(lake('l1').set({ depth: 10 })).rejects.toMatchObject({ code: PERMISSION_DENIED })
    await fault.done
    expect(meter.counts()).toEqual(counts({ reads: 1, calls: { BatchGetDocuments: 1, Commit: 2 } }))
    await lake('l1').set({ depth: 10 })
    expect(await depthOf('l1')).toBe(10)
    expect(fault.met()).toBe(2)
  })

  it('loses the reply of a call that was carried out and is billed', async () => {
    const fault = meter.loseReply(({ bytes }) => bytes.includes('marked'), { code: 'PERMISSION_DENIED' })
    await lake('l6').set({ depth: 6 })
    await expect(lake('l7').set({ depth: 7, note: 'marked' })).rejects.toMatchObject({ code: PERMISSION_DENIED })
    await fault.done
    expect(await depthOf('l7')).toBe(7)
    expect(meter.counts()).toEqual(counts({ writes: 2, calls: { Commit: 2 } }))
  })

  it('shows a client that sends again what it was told is unavailable', async () => {
    meter.loseReply(({ method }) => method === 'Commit')
    await lake('l1').update({ depth: FieldValue.increment(1) })
    expect(await depthOf('l1')).toBe(3)
    expect(meter.counts()).toEqual(counts({ writes: 2, calls: { Commit: 2 } }))
  })

  it('tells calls apart by what they ask for', async () => {
    const isOfLake2 = ({ request }: FirestoreCall) => JSON.stringify(request.writes).includes('lakes/l2')
    const fault = meter.refuse(isOfLake2, { code: 'PERMISSION_DENIED' })
    await lake('l1').set({ depth: 10 })
    await expect(lake('l2').set({ depth: 20 })).rejects.toMatchObject({ code: PERMISSION_DENIED })
    expect([await depthOf('l1'), await depthOf('l2'), fault.met()]).toEqual([10, 2, 1])
  })

  it('lets a write land after its client has given up', async () => {
    const { client, database } = connectBare()
    const update = { name: `${database}/documents/lakes/l1`, fields: { depth: { integerValue: 100 } } }
    const held = meter.hold(({ method }) => method === 'Commit')
    const write = client.commit({ database, writes: [{ update }] }, { timeout: 100, retry: null })
    await expect(write).rejects.toMatchObject({ code: DEADLINE_EXCEEDED })
    await held.done
    await direct.doc('lakes/l1').set({ depth: 2 })
    held.release()
    await vi.waitFor(async () => expect(await depthOf('l1')).toBe(100), 15_000)
    await client.close()
  })

  it('lets go of a fault that is removed', async () => {
    const fault = meter.refuse(() => true, { code: 'PERMISSION_DENIED', times: Number.POSITIVE_INFINITY })
    await expect(lake('l1').delete()).rejects.toMatchObject({ code: PERMISSION_DENIED })
    await expect(lake('l1').delete()).rejects.toMatchObject({ code: PERMISSION_DENIED })
    fault.remove()
    await lake('l1').delete()
    expect(await depthOf('l1')).toBeUndefined()
  })

  it('passes on what listeners are sent, as it happens', async () => {
    const sizes: number[] = []
    const end = lakes().onSnapshot(({ size }) => void sizes.push(size))
    await vi.waitFor(() => expect(sizes).toEqual([5]), 15_000)
    await direct.doc('lakes/l6').set({ depth: 6 })
    await vi.waitFor(() => expect(sizes).toEqual([5, 6]), 15_000)
    end()
    expect(meter.counts()).toEqual(counts({ calls: { Listen: 1 } }))
  })

  it('finds an emulator that was restarted', async () => {
    const saved = await emulator.save(`meter-${projects}`)
    await emulator.restart(saved)
    expect((await lake('l5').get()).data()).toEqual({ depth: 5 })
  })
})
