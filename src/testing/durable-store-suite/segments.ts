import assert from 'node:assert/strict'
import type { SegmentRef } from '../../memory/record.ts'
import {
  commitNow,
  entry,
  loaded,
  plainRef,
  REVIEW,
  START,
  segmentBytes,
  segmentId,
  segmentRef,
  session,
} from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

function same(actual: Uint8Array | undefined, expected: Uint8Array): void {
  assert.ok(actual !== undefined, 'the segment is gone')
  assert.ok(Buffer.compare(actual, expected) === 0, `segment bytes differ: ${actual.length} of ${expected.length}`)
}

export function segmentTests(test: DurableTest): void {
  const chat = session('chat')

  test('references come back as they were given, in their order', async ({ store }) => {
    await store.append(chat, [entry(0)], REVIEW)
    const heat = { reads: 20, recent: Array.from({ length: 16 }, (_, i) => START + 16 - i) }
    const segments: SegmentRef[] = [
      segmentRef(1, { kind: 'archive', items: 0, bytes: 1, rawBytes: 2 ** 31 }),
      segmentRef(2, { heat, newestAt: START + 123_456_789 }),
      segmentRef(3, { inline: segmentBytes(600) }),
    ]
    await commitNow(store, chat.key, { segments })
    await store.append(chat, [entry(9000)], REVIEW)
    // A commit that does not name the segments leaves them.
    await commitNow(store, chat.key, { tailHeat: heat })
    assert.deepEqual((await loaded(store, chat.key)).segments.map(plainRef), segments.map(plainRef))
    await commitNow(store, chat.key, { segments: segments.slice(2) })
    assert.deepEqual((await loaded(store, chat.key)).segments.map(plainRef), segments.slice(2).map(plainRef))
    await commitNow(store, chat.key, { segments: [] })
    assert.deepEqual((await loaded(store, chat.key)).segments, [])
  })

  test('bytes come back one for one, also many of them', async ({ store }) => {
    await store.append(chat, [entry(0)], REVIEW)
    const all = [0, 1, 256, 65_537, 700 * 1024].map((length, i) => ({
      id: segmentId(i),
      bytes: segmentBytes(length, i),
    }))
    await commitNow(store, chat.key, { segments: all.map((_, i) => segmentRef(i)), put: all })
    for (const { id, bytes } of all) same(await store.getSegment(chat.key, id), bytes)
    assert.equal(await store.getSegment(chat.key, segmentId(99)), undefined)
  })

  test('bytes are gone once a commit removes them, and others stay', async ({ store }) => {
    await store.append(chat, [entry(0)], REVIEW)
    const put = [1, 2, 3].map((number) => ({ id: segmentId(number), bytes: segmentBytes(300, number) }))
    await commitNow(store, chat.key, { segments: [1, 2, 3].map((number) => segmentRef(number)), put })
    const merged = { id: segmentId(4), bytes: segmentBytes(500, 4) }
    await commitNow(store, chat.key, {
      segments: [segmentRef(4), segmentRef(3)],
      put: [merged],
      remove: [segmentId(1), segmentId(2), segmentId(77)],
    })
    assert.equal(await store.getSegment(chat.key, segmentId(1)), undefined)
    assert.equal(await store.getSegment(chat.key, segmentId(2)), undefined)
    same(await store.getSegment(chat.key, segmentId(3)), put[2]!.bytes)
    same(await store.getSegment(chat.key, segmentId(4)), merged.bytes)
  })

  test('a segment moves into the record and out of it', async ({ store }) => {
    await store.append(chat, [entry(0)], REVIEW)
    const outside = { id: segmentId(1), bytes: segmentBytes(400, 1) }
    await commitNow(store, chat.key, { segments: [segmentRef(1)], put: [outside] })
    const inline = segmentRef(2, { kind: 'archive', inline: segmentBytes(300, 2) })
    await commitNow(store, chat.key, { segments: [inline], remove: [outside.id] })
    assert.deepEqual((await loaded(store, chat.key)).segments.map(plainRef), [plainRef(inline)])
    assert.equal(await store.getSegment(chat.key, outside.id), undefined)
    // Loaded and given back as it is, as a rewrite does with what it leaves alone.
    const [kept] = (await loaded(store, chat.key)).segments
    const third = { id: segmentId(3), bytes: segmentBytes(500, 3) }
    await commitNow(store, chat.key, { segments: [kept!, segmentRef(3)], put: [third] })
    assert.deepEqual((await loaded(store, chat.key)).segments.map(plainRef), [
      plainRef(inline),
      plainRef(segmentRef(3)),
    ])
    await commitNow(store, chat.key, { segments: [segmentRef(3)] })
    assert.deepEqual((await loaded(store, chat.key)).segments.map(plainRef), [plainRef(segmentRef(3))])
    same(await store.getSegment(chat.key, third.id), third.bytes)
  })

  test('two sessions may have segments of the same id', async ({ store }) => {
    const [one, two] = [session('one'), session('two')]
    for (const [i, owner] of [one, two].entries()) {
      await store.append(owner, [entry(0)], REVIEW)
      const put = [{ id: segmentId(1), bytes: segmentBytes(300, i) }]
      await commitNow(store, owner.key, { segments: [segmentRef(1)], put })
    }
    same(await store.getSegment(one.key, segmentId(1)), segmentBytes(300, 0))
    await commitNow(store, one.key, { segments: [], remove: [segmentId(1)] })
    assert.equal(await store.getSegment(one.key, segmentId(1)), undefined)
    same(await store.getSegment(two.key, segmentId(1)), segmentBytes(300, 1))
  })
}
