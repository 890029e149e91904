import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { COLLECTIONS, TTL_FIELD } from '../../src/stores/firestore/layout.ts'
import { startFirestoreForTests, TEST_PROJECT } from '../support/firestore.ts'
import { contentsOf } from '../support/firestore-contents.ts'
import { firestoreIndexFile } from '../support/firestore-index-file.ts'
import { FirestoreLake } from '../support/firestore-lake.ts'
import { addAll, CHAT, contents, DAY_MS, message, numbered } from '../support/items.ts'

let emulator: FirestoreEmulator
beforeAll(async () => {
  emulator = await startFirestoreForTests()
  const content = readFileSync(new URL('../../firestore.rules', import.meta.url), 'utf8')
  const path = `emulator/v1/projects/${TEST_PROJECT}:securityRules`
  const body = JSON.stringify({ rules: { files: [{ name: 'firestore.rules', content }] } })
  const answer = await fetch(`http://${emulator.host}:${emulator.port}/${path}`, { method: 'PUT', body })
  if (!answer.ok) throw new Error(`Cannot load firestore.rules: received HTTP ${answer.status}: ${await answer.text()}`)
})
afterAll(() => emulator?.stop())

/** A request as a browser would make it, or a server with `authorization`. */
function request(path: string, init: RequestInit = {}): Promise<Response> {
  const documents = `v1/projects/${TEST_PROJECT}/databases/(default)/documents`
  return fetch(`http://${emulator.host}:${emulator.port}/${documents}/${path}`, init)
}

/** A session of everything that is ever written, and one that is removed. */
async function fillAll(lake: FirestoreLake): Promise<void> {
  const memory = lake.open({ tailMaxItems: 10 })
  await addAll(memory, numbered(30))
  await memory.updateSession({ ...CHAT, metadata: { title: 'a lake' } })
  const [newest] = await memory.getConversationHistory({ ...CHAT, limit: 1 })
  await memory.updateMemoryItem(newest!.id, { content: 'changed' })
  await memory.runMigration()
  const short = { ...CHAT, sessionId: 'short' }
  await memory.addMemoryItem({ ...message('one'), ...short })
  // Not sealed, so that its body lies beside its record.
  const patient = lake.open({ tailMaxBytes: 512 * 1024 })
  await patient.addMemoryItem({ ...message('x'.repeat(100_000)), ...CHAT, sessionId: 'large' })
  const removed = { ...CHAT, sessionId: 'removed' }
  await memory.addMemoryItem({ ...message('one'), ...removed })
  await memory.deleteSession(removed)
  lake.clock.advance(100 * DAY_MS)
  await memory.demote(short)
}

describe('firestore.indexes.json', () => {
  it('exempts each field of each collection that is written, and has those that it indexes', async () => {
    const lake = new FirestoreLake()
    await fillAll(lake)
    const answer = await request(`${lake.watched.prefix}/v1:listCollectionIds`, {
      method: 'POST',
      headers: { authorization: 'Bearer owner' },
      body: '{}',
    })
    const { collectionIds } = (await answer.json()) as { readonly collectionIds: readonly string[] }
    const stored = await contentsOf(TEST_PROJECT, lake.watched.prefix)
    expect(collectionIds.toSorted()).toEqual(Object.values(COLLECTIONS).sort())
    const { indexes, fieldOverrides } = firestoreIndexFile()
    for (const collection of collectionIds) {
      expect(fieldOverrides).toContainEqual({ collectionGroup: collection, fieldPath: '*', indexes: [] })
    }
    for (const { fields } of indexes) {
      for (const { id, fields: written } of stored.sessions) {
        expect(Object.keys(written), id).toEqual(expect.arrayContaining(fields.map(({ fieldPath }) => fieldPath)))
      }
    }
    const forgotten = stored.fences.filter(({ fields }) => TTL_FIELD in fields)
    expect(forgotten.map(({ fields }) => Object.keys(fields[TTL_FIELD]!))).toEqual([['timestampValue']])
  })
})

describe('firestore.rules', () => {
  it('refuse all that comes from elsewhere than servers', async () => {
    const lake = new FirestoreLake()
    await addAll(lake.open(), ['one'])
    const { sessions } = await contentsOf(TEST_PROJECT, lake.watched.prefix)
    const collection = `${lake.watched.prefix}/v1/${COLLECTIONS.sessions}`
    const document = `${collection}/${sessions[0]!.id}`
    const body = JSON.stringify({ fields: { n: { integerValue: '7' } } })
    const requests: readonly (readonly [string, RequestInit])[] = [
      [document, {}],
      [collection, {}],
      [document, { method: 'PATCH', body }],
      [document, { method: 'DELETE' }],
      [`${collection}?documentId=new`, { method: 'POST', body }],
      ['elsewhere/new', { method: 'PATCH', body }],
    ]
    for (const [path, init] of requests) expect((await request(path, init)).status, path).toBe(403)
    expect(contents(await lake.read())).toEqual(['one'])
  })
})
