import assert from 'node:assert/strict'
import { MAX_ITEM_BYTES } from '../../memory/item-body.ts'
import { bytesOf, entry, loaded, plainEntries, plainTail, REVIEW, session, stampAt } from './fixtures.ts'
import { HOSTILE_CONTENTS, ODD_JSON } from './hostile-text.ts'
import type { DurableTest } from './store-under-test.ts'

export function bodyTests(test: DurableTest): void {
  const chat = session('chat')

  test('hostile texts come back byte for byte', async ({ store, mayRepeat }) => {
    const sent = HOSTILE_CONTENTS.map((content, i) => entry(i, content))
    await store.append(chat, sent, REVIEW)
    const record = await loaded(store, chat.key)
    assert.deepEqual(plainTail(record), plainEntries(sent))
    if (!mayRepeat) assert.equal(record.tailBytes, bytesOf(sent))
  })

  test('a body is text and nothing more: it is not parsed and written anew', async ({ store }) => {
    const sent = ODD_JSON.map((body, i) => ({ stamp: stampAt(i), body, createdAt: i }))
    await store.append(chat, sent, REVIEW)
    assert.deepEqual(plainTail(await loaded(store, chat.key)), plainEntries(sent))
  })

  test('an item of the largest size comes back byte for byte', async ({ store, mayRepeat }) => {
    const around = Buffer.byteLength(entry(0, '').body)
    const largest = entry(0, 'é'.repeat((MAX_ITEM_BYTES - around) >> 1))
    const reply = await store.append(chat, [largest], REVIEW)
    const record = await loaded(store, chat.key)
    assert.deepEqual(plainTail(record), plainEntries([largest]))
    if (!mayRepeat) assert.equal(reply.tailBytes, bytesOf([largest]))
  })
}
