import assert from 'node:assert/strict'
import {
  bytesOf,
  commitNow,
  entries,
  entry,
  fenced,
  loaded,
  plainEntries,
  plainTail,
  REVIEW,
  segmentRef,
  session,
} from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

export function loadTests(test: DurableTest): void {
  const chat = session('chat')

  test('gives undefined for a session that nothing was appended to', async ({ store }) => {
    await store.append(session('another'), [entry(1)], REVIEW)
    assert.equal(await store.load(chat.key), undefined)
    assert.equal(await store.load(chat.key, { withFence: true, newest: 3 }), undefined)
  })

  test('gives the newest entries as asked for, and says whether that is all', async ({ store }) => {
    const all = entries(0, 30)
    // Not appended in order of their stamps, so that the newest are not merely the last.
    await store.append(chat, all.slice(20), REVIEW)
    await store.append(chat, all.slice(0, 20), REVIEW)
    for (const newest of [1, 5, 29, 30, 31, 500]) {
      const record = await loaded(store, chat.key, { newest })
      assert.ok(record.tail.length >= Math.min(newest, 30), `asked for ${newest}, got ${record.tail.length}`)
      assert.deepEqual(plainTail(record), plainEntries(all.slice(-record.tail.length)))
      if (record.tail.length < 30) assert.equal(record.tailComplete, false, `newest ${newest}: some are missing`)
      if (newest > 30) assert.equal(record.tailComplete, true, `newest ${newest}: none is missing`)
      assert.ok(record.tailItems >= 30 && record.tailBytes >= bytesOf(all), 'counters are of the whole tail')
    }
    assert.equal((await loaded(store, chat.key)).tailComplete, true)
  })

  test('gives everything else whole when only the newest entries are asked for', async ({ store }) => {
    await store.append(chat, entries(500, 10), REVIEW)
    await commitNow(store, chat.key, {
      segments: [segmentRef(1), segmentRef(2)],
      overlay: new Map([[entry(500).stamp, { kind: 'deleted' }]]),
    })
    const record = await loaded(store, chat.key, { newest: 2 })
    assert.deepEqual([record.segments.length, record.overlay.size], [2, 1])
  })

  test('gives the fence only when it is asked for', async ({ store }) => {
    await store.append(chat, [entry(1)], REVIEW)
    assert.equal('fence' in (await loaded(store, chat.key)), false)
    assert.equal('fence' in (await loaded(store, chat.key, { withFence: false, newest: 1 })), false)
    await fenced(store, chat.key)
    assert.equal(typeof (await loaded(store, chat.key, { withFence: true, newest: 1 })).fence, 'string')
  })

  test('gives a record that stays as it is', async ({ store }) => {
    await store.append(chat, entries(500, 3), REVIEW)
    await commitNow(store, chat.key, { segments: [segmentRef(1)], overlay: new Map() })
    const record = await loaded(store, chat.key)
    const before = plainTail(record)
    await store.append(chat, entries(600, 3), REVIEW)
    await commitNow(store, chat.key, {
      segments: [],
      overlay: new Map([[entry(600).stamp, { kind: 'deleted' }]]),
      dropTail: record.tail,
    })
    assert.deepEqual(plainTail(record), before)
    assert.deepEqual([record.segments.length, record.overlay.size], [1, 0])
  })

  test('sees what a second connection wrote, as soon as that is acknowledged', async ({ store, other }) => {
    const second = await other()
    for (let i = 0; i < 5; i++) {
      await second.append(chat, [entry(2 * i)], REVIEW)
      assert.equal((await loaded(store, chat.key)).tail.length, 2 * i + 1)
      await store.append(chat, [entry(2 * i + 1)], REVIEW)
      assert.equal((await loaded(second, chat.key)).tail.length, 2 * i + 2)
    }
  })
}
