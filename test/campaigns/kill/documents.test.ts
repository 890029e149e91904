import { randomBytes } from 'node:crypto'
import { Firestore } from '@google-cloud/firestore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../../emulators/firestore-emulator.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { startFirestoreForTests, TEST_PROJECT } from '../../support/firestore.ts'
import { TempFolder } from '../../support/temp-folder.ts'
import { LineJournal, readLines } from '../support/line-journal.ts'
import { checkPlace } from './checker.ts'
import { DOCUMENT_CORRUPTIONS, SpoiltDocuments } from './document-corruptions.ts'
import { DocumentReader } from './documents.ts'
import type { JournalLine } from './journal.ts'
import { itemOf } from './journal-item.ts'
import type { Place } from './places.ts'
import { Writer } from './writer.ts'

const PREFIX = 'written'

describe('the checker of the kill campaign, on Firestore', () => {
  let emulator: FirestoreEmulator
  let firestore: Firestore
  let reader: DocumentReader
  let folder: TempFolder
  let journal: readonly JournalLine[]

  beforeAll(async () => {
    emulator = await startFirestoreForTests()
    firestore = new Firestore({ projectId: TEST_PROJECT })
    reader = new DocumentReader(TEST_PROJECT)
    folder = new TempFolder()
    const path = folder.file('journal.jsonl')
    using lines = new LineJournal<JournalLine>(path)
    const { where } = placeAt(PREFIX)
    const plan = { where, seed: 7, resend: [] }
    await new Writer({ ...plan, mode: 'all', firstOp: 0, startAt: Date.UTC(2026, 0, 1) }, lines).run(8)
    // What the first one left may all be in records: the second one leaves pages.
    await new Writer({ ...plan, mode: 'seal', firstOp: 10_000, startAt: Date.UTC(2027, 0, 1) }, lines).run(8)
    // In a tail, and with a body of its own.
    await using memory = new TieredStorageManager({ ...where, tierMigrationInterval: 0, tailMaxBytes: 512 * 1024 })
    for (const [op, size] of [
      [90_000, 70_000],
      [90_001, 50],
      [90_002, 50],
    ] as const) {
      const intent = { kind: 'intent', op, session: 'last', size } as const
      lines.write(intent)
      lines.write({ kind: 'ack', op, id: await memory.addMemoryItem(itemOf(intent)) })
    }
    journal = readLines<JournalLine>(path)
  })

  afterAll(async () => {
    await Promise.all([firestore.terminate(), reader[Symbol.asyncDispose]()])
    await emulator.stop()
    folder[Symbol.dispose]()
  })

  function placeAt(collectionPrefix: string): Place {
    const where = { projectId: TEST_PROJECT, firestore: { collectionPrefix } }
    return { where, durable: where, contents: (problems) => reader.read(collectionPrefix, problems) }
  }

  async function copy(): Promise<{ readonly spoilt: SpoiltDocuments; readonly place: Place }> {
    const prefix = `c${randomBytes(6).toString('hex')}`
    return { spoilt: await SpoiltDocuments.copyOf(firestore, PREFIX, prefix), place: placeAt(prefix) }
  }

  it('finds nothing wrong with documents that are as they should be', async () => {
    expect(await checkPlace((await copy()).place, journal)).toEqual([])
  })

  it.each(DOCUMENT_CORRUPTIONS)('finds out that $name', async ({ apply, complaint }) => {
    const { spoilt, place } = await copy()
    await apply(spoilt)
    expect((await checkPlace(place, journal)).join('\n')).toMatch(complaint)
  })
})
