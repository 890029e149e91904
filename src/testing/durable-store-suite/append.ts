import assert from 'node:assert/strict'
import {
  bytesOf,
  commitNow,
  entries,
  entry,
  loaded,
  plainEntries,
  plainTail,
  REVIEW,
  START,
  session,
} from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

export function appendTests(test: DurableTest): void {
  const chat = session('chat')

  test('the first append creates the record', async ({ store }) => {
    assert.equal(await store.load(chat.key), undefined)
    const first = entry(5)
    const reply = await store.append(chat, [first], REVIEW)
    assert.deepEqual({ ...reply }, { n: 1, tailItems: 1, tailBytes: bytesOf([first]), erasedTo: 0 })
    const record = await loaded(store, chat.key)
    assert.deepEqual({ ...record.session }, { ...chat })
    assert.deepEqual(plainTail(record), plainEntries([first]))
    assert.equal(record.tailComplete, true)
    assert.deepEqual([record.n, record.tailItems, record.tailBytes], [1, 1, bytesOf([first])])
    assert.deepEqual([record.erasedTo, record.failures], [0, 0])
    assert.deepEqual([record.updatedAt, record.reviewAt], [first.createdAt, REVIEW.reviewAt])
    assert.deepEqual([record.segments.length, record.overlay.size], [0, 0])
    assert.deepEqual([record.tailHeat.reads, record.tailHeat.recent.length], [0, 0])
  })

  test('the reply and the record count what was appended so far', async ({ store, mayRepeat }) => {
    const batches = [entries(0, 3), entries(10, 1), entries(20, 4)]
    for (const [i, batch] of batches.entries()) {
      const sofar = batches.slice(0, i + 1).flat()
      const reply = await store.append(chat, batch, REVIEW)
      const record = await loaded(store, chat.key)
      assert.deepEqual([reply.n, reply.tailItems, reply.tailBytes], [record.n, record.tailItems, record.tailBytes])
      if (mayRepeat) assert.ok(record.n >= sofar.length)
      else
        assert.deepEqual([record.n, record.tailItems, record.tailBytes], [sofar.length, sofar.length, bytesOf(sofar)])
    }
  })

  test('the tail rises by stamp in whatever order entries arrive', async ({ store }) => {
    const sorted = entries(100, 6)
    const [a, b, c, d, e, f] = sorted as [...typeof sorted, never]
    await store.append(chat, [d!, b!], REVIEW)
    await store.append(chat, [f!], REVIEW)
    await store.append(chat, [e!, a!, c!], REVIEW)
    assert.deepEqual(plainTail(await loaded(store, chat.key)), plainEntries(sorted))
  })

  test('updatedAt is the highest createdAt', async ({ store }) => {
    await store.append(chat, [entry(500)], REVIEW)
    await store.append(chat, [entry(200)], REVIEW)
    assert.equal((await loaded(store, chat.key)).updatedAt, START + 500)
  })

  test('an entry sent again is neither added twice nor changed', async ({ store }) => {
    const sent = entries(0, 3)
    await store.append(chat, sent, REVIEW)
    const before = await loaded(store, chat.key)
    for (const again of [[sent[1]!], sent, [entry(50), sent[0]!]]) await store.append(chat, again, REVIEW)
    const changed = { ...sent[2]!, body: entry(2, 'something else').body }
    const reply = await store.append(chat, [changed], REVIEW)
    const record = await loaded(store, chat.key)
    assert.deepEqual(plainTail(record), plainEntries([...sent, entry(50)]))
    // Each time that it is sent may count it once more, and never less.
    assert.ok(record.n >= before.n + 1 && record.n <= before.n + 7, `n went from ${before.n} to ${record.n}`)
    assert.ok(record.tailItems >= 4, `tailItems is ${record.tailItems} with 4 items in the tail`)
    assert.equal(reply.n, record.n)
  })

  test('an entry twice in one append is there once', async ({ store }) => {
    await store.append(chat, [entry(1), entry(2), entry(1)], REVIEW)
    assert.deepEqual(plainTail(await loaded(store, chat.key)), plainEntries([entry(1), entry(2)]))
  })

  test('reviewAt moves to an earlier time and never to a later one', async ({ store }) => {
    const reviews = [50, 80, 20, 40, 20] as const
    const expected = [50, 50, 20, 20, 20] as const
    for (const [i, at] of reviews.entries()) {
      await store.append(chat, [entry(i)], { reviewAt: START + at })
      assert.equal((await loaded(store, chat.key)).reviewAt, START + expected[i]!)
    }
  })

  test('many entries in one append are all there', async ({ store }) => {
    const many = entries(0, 200)
    await store.append(chat, many, REVIEW)
    assert.deepEqual(plainTail(await loaded(store, chat.key)), plainEntries(many))
  })

  test('a load sees all entries of an append or none', async ({ store, other }) => {
    const reader = await other()
    await store.append(chat, entries(0, 5), REVIEW)
    const batches = Array.from({ length: 10 }, (_, i) => entries(100 * (i + 1), 5))
    const appending = Promise.all(batches.map((batch) => store.append(chat, batch, REVIEW)))
    const records = await Promise.all(batches.map(() => loaded(reader, chat.key)))
    await appending
    for (const record of [...records, await loaded(reader, chat.key)]) {
      const stamps = new Set(record.tail.map(({ stamp }) => stamp))
      for (const batch of batches) {
        const seen = batch.filter(({ stamp }) => stamps.has(stamp)).length
        assert.ok(seen === 0 || seen === batch.length, `a load saw ${seen} of ${batch.length} entries of an append`)
      }
      assert.ok(record.n >= record.tail.length && record.tailItems >= record.tail.length, 'counters behind the tail')
    }
  })

  test('what was made at erasedTo or before is not stored, and the reply shows it', async ({ store }) => {
    const old = entries(0, 3)
    await store.append(chat, old, REVIEW)
    const { tail } = await loaded(store, chat.key)
    await commitNow(store, chat.key, { erasedTo: START + 10, dropTail: tail })
    const reply = await store.append(chat, [old[1]!, entry(9), entry(10)], REVIEW)
    assert.equal(reply.erasedTo, START + 10)
    assert.deepEqual(plainTail(await loaded(store, chat.key)), [])
    // Of one append, what is newer is stored.
    const mixed = await store.append(chat, [entry(10), entry(11), entry(3)], REVIEW)
    assert.equal(mixed.erasedTo, START + 10)
    const record = await loaded(store, chat.key)
    assert.deepEqual(plainTail(record), plainEntries([entry(11)]))
    assert.equal(record.erasedTo, START + 10)
    assert.equal((await loaded(store, chat.key, { newest: 5 })).tail.length, 1)
  })
}
