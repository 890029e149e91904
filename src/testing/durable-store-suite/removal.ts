import assert from 'node:assert/strict'
import { ownerGrave } from '../../memory/session.ts'
import { newFence } from '../../tiers/rewriting/fence.ts'
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
  START,
  segmentBytes,
  segmentId,
  segmentRef,
  session,
  stampAt,
} from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

const OWNER = { tenantId: 'tenant', userId: 'user' }

export function removalTests(test: DurableTest): void {
  const chat = session('chat')
  const bury = { bury: true, erasedTo: START + 100, dropTail: [], segments: [], overlay: new Map() }

  test('erasedTo takes along what the tail holds of then or earlier, loaded or not', async ({ store, mayRepeat }) => {
    await store.append(chat, entries(0, 4), REVIEW)
    const { record, fence } = await fenced(store, chat.key)
    await store.append(chat, [entry(5), { ...entry(6), stamp: stampAt(6, 0xffff) }, entry(7)], REVIEW)
    const change = { n: record.n, nextFence: newFence(), reviewAt: 1, erasedTo: START + 6 }
    assert.deepEqual(await store.commit(chat.key, fence, change), { kind: 'committed' })
    const after = await loaded(store, chat.key)
    assert.deepEqual(plainTail(after), plainEntries([entry(7)]))
    if (!mayRepeat) assert.deepEqual([after.tailItems, after.tailBytes], [1, bytesOf([entry(7)])])
  })

  test('what is added by a commit is there as by an append', async ({ store, mayRepeat }) => {
    const [first, ...more] = entries(0, 4)
    await store.append(chat, [first!], REVIEW)
    const addTail = [...more, entry(50)]
    await commitNow(store, chat.key, { addTail, dropTail: [first!], erasedTo: START, reviewAt: START + 9 })
    const record = await loaded(store, chat.key)
    assert.deepEqual(plainTail(record), plainEntries(addTail))
    assert.deepEqual([record.updatedAt, record.reviewAt], [START + 50, START + 9])
    if (!mayRepeat) assert.deepEqual([record.n, record.tailItems, record.tailBytes], [5, 4, bytesOf(addTail)])
    // Known entries and erased ones change nothing.
    await commitNow(store, chat.key, { addTail: [more[0]!, first!] })
    assert.deepEqual(plainTail(await loaded(store, chat.key)), plainEntries(addTail))
  })

  test('about is kept as it is, and stays where a commit does not name it', async ({ store }) => {
    await store.append(chat, [entry(0)], REVIEW)
    assert.equal((await loaded(store, chat.key)).about, '')
    const about = '{"metadata":{"title":"\\u0000 \u2028 😀"}}'
    await commitNow(store, chat.key, { about })
    await commitNow(store, chat.key, {})
    await store.append(chat, [entry(1)], REVIEW)
    await store.touch(chat.key, { tailHeat: { reads: 1, recent: [START] } })
    assert.equal((await loaded(store, chat.key)).about, about)
    assert.equal((await store.list(OWNER, undefined, 10)).sessions[0]!.about, about)
  })

  test('an append of nothing makes an empty record, once', async ({ store }) => {
    await store.append(chat, [], { ...REVIEW, createdAt: START + 7 })
    const record = await loaded(store, chat.key)
    assert.deepEqual([record.n, record.tail.length, record.createdAt, record.updatedAt], [0, 0, START + 7, START + 7])
    await store.append(chat, [entry(50)], REVIEW)
    await store.append(chat, [], { ...REVIEW, createdAt: START + 900 })
    const later = await loaded(store, chat.key)
    assert.deepEqual([later.tail.length, later.createdAt, later.updatedAt], [1, START + 7, START + 50])
  })

  test('a list says what each session holds', async ({ store, mayRepeat }) => {
    await store.append(chat, entries(0, 3), REVIEW)
    await store.append(chat, [entry(90)], REVIEW)
    const put = [{ id: segmentId(1), bytes: segmentBytes(10) }]
    const sealed = { ...segmentRef(1), first: entry(0).stamp, last: entry(2).stamp, items: 3 }
    const overlay = new Map([[entry(1).stamp, { kind: 'deleted' as const }]])
    await commitNow(store, chat.key, { put, segments: [sealed], dropTail: entries(0, 3), overlay })
    const [listed] = (await store.list(OWNER, undefined, 10)).sessions
    assert.deepEqual([listed!.createdAt, listed!.updatedAt], [START, START + 90])
    if (!mayRepeat) assert.equal(listed!.items, 3)
  })

  test('a buried session is out of sight, with all that it held', async ({ store, other }) => {
    const second = await other()
    await store.append(chat, entries(0, 3), REVIEW)
    const put = [{ id: segmentId(1), bytes: segmentBytes(10) }]
    await commitNow(store, chat.key, { put, segments: [segmentRef(1)], about: 'a title' })
    await commitNow(store, chat.key, { ...bury, remove: [segmentId(1)] })
    for (const client of [store, second]) {
      assert.equal(await client.load(chat.key, { withFence: true }), undefined)
      assert.equal(await client.load(chat.key, { newest: 5 }), undefined)
      assert.equal(await client.getSegment(chat.key, segmentId(1)), undefined)
      assert.deepEqual((await client.list(OWNER, undefined, 10)).sessions, [])
    }
    await store.touch(chat.key, { failures: 3, tailHeat: { reads: 1, recent: [START] } })
    assert.equal(await store.load(chat.key), undefined)
  })

  test('what was appended meanwhile keeps a session from being buried', async ({ store, other }) => {
    const second = await other()
    await store.append(chat, entries(0, 3), REVIEW)
    const { record, fence } = await fenced(store, chat.key)
    await second.append(chat, [entry(50), entry(101)], REVIEW)
    const change = { ...bury, n: record.n, nextFence: newFence(), reviewAt: 1 }
    assert.deepEqual(await store.commit(chat.key, fence, change), { kind: 'committed' })
    const after = await loaded(store, chat.key)
    assert.deepEqual(plainTail(after), plainEntries([entry(101)]))
    assert.equal(after.erasedTo, START + 100)
  })

  test('what was buried stays erased, and does not bring its session back', async ({ store, other }) => {
    const second = await other()
    await store.append(chat, entries(0, 3), REVIEW)
    const { record } = await fenced(store, chat.key)
    await commitNow(store, chat.key, bury)
    for (const client of [store, second]) {
      const reply = await client.append(chat, entries(0, 3), REVIEW)
      assert.deepEqual([reply.erasedTo, reply.tailItems], [START + 100, 0])
      assert.ok(reply.n >= record.n)
      assert.equal(await client.load(chat.key), undefined)
      assert.deepEqual((await client.list(OWNER, undefined, 10)).sessions, [])
    }
  })

  test('a later append makes a buried session anew, with neither counters nor fences of its first life', async ({
    store,
  }) => {
    await store.append(chat, entries(0, 3), REVIEW)
    const before = await fenced(store, chat.key)
    await commitNow(store, chat.key, { ...bury, about: 'gone' })
    const reply = await store.append(chat, [entry(100), entry(200)], { reviewAt: START + 999 })
    assert.ok(reply.n > before.record.n + 1, 'n must not fall, nor go on as if nothing had happened')
    assert.equal(reply.erasedTo, START + 100)
    const { record, fence } = await fenced(store, chat.key)
    assert.deepEqual(plainTail(record), plainEntries([entry(200)]))
    assert.deepEqual({ ...record.session }, { ...chat })
    assert.deepEqual([record.about, record.reviewAt, record.erasedTo], ['', START + 999, START + 100])
    assert.deepEqual([record.segments.length, record.overlay.size], [0, 0])
    const stale = { n: before.record.n, nextFence: newFence(), reviewAt: 1, about: 'from before' }
    for (const old of [before.fence, ''])
      assert.deepEqual(await store.commit(chat.key, old, stale), { kind: 'conflict' })
    // Buried once more, it keeps the later of the two.
    await commitNow(store, chat.key, { ...bury, erasedTo: START + 50 })
    assert.equal((await store.append(chat, [entry(60)], REVIEW)).erasedTo, START + 100)
    assert.equal(fence === before.fence, false)
  })

  test('what is buried in the grave of an owner stays erased in sessions that are made later', async ({
    store,
    other,
  }) => {
    const second = await other()
    const grave = ownerGrave(OWNER)
    await store.append(chat, entries(0, 3), REVIEW)
    await store.append(grave, [], REVIEW)
    await commitNow(store, grave.key, bury)
    assert.equal(await store.load(grave.key), undefined)
    const later = session('later')
    const late = await second.append(later, entries(0, 3), REVIEW)
    assert.deepEqual([late.erasedTo, late.tailItems], [START + 100, 0])
    assert.equal(await store.load(later.key), undefined)
    assert.equal((await store.append(later, [entry(50), entry(101)], REVIEW)).erasedTo, START + 100)
    assert.deepEqual(plainTail(await loaded(second, later.key)), plainEntries([entry(101)]))
    // What is there already says itself how far it is erased, and others' are not concerned.
    assert.deepEqual(plainTail(await loaded(store, chat.key)), plainEntries(entries(0, 3)))
    const foreign = session('later', 'somebody else')
    assert.equal((await store.append(foreign, entries(0, 3), REVIEW)).erasedTo, 0)
    assert.deepEqual(plainTail(await loaded(store, foreign.key)), plainEntries(entries(0, 3)))
  })

  test('what is buried in the grave of an owner stays erased while the owner is erased once more', async ({
    store,
  }) => {
    const grave = ownerGrave(OWNER)
    await store.append(grave, [], REVIEW)
    await commitNow(store, grave.key, bury)
    // The second erase has begun, and its process may die here.
    await store.append(grave, [], REVIEW)
    const late = await store.append(chat, entries(0, 3), REVIEW)
    assert.deepEqual([late.erasedTo, late.tailItems], [START + 100, 0])
    assert.equal(await store.load(chat.key), undefined)
    // Nor does what else is changed of a grave let go of it.
    await commitNow(store, grave.key, { about: 'changed' })
    assert.equal((await store.append(chat, [entry(50), entry(101)], REVIEW)).erasedTo, START + 100)
    assert.deepEqual(plainTail(await loaded(store, chat.key)), plainEntries([entry(101)]))
  })

  test('a store that can scrub does so at any time', async ({ store }) => {
    await store.scrub?.()
    await store.append(chat, entries(0, 3), REVIEW)
    await commitNow(store, chat.key, bury)
    await store.scrub?.()
    assert.equal(await store.load(chat.key), undefined)
    assert.ok(store.capabilities.outOfReach.every((place) => typeof place === 'string' && place !== ''))
  })
}
