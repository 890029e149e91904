import assert from 'node:assert/strict'
import {
  commitNow,
  entries,
  entry,
  fenced,
  loaded,
  plainRef,
  plainTail,
  REVIEW,
  segmentBytes,
  segmentId,
  segmentRef,
  session,
} from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

export function lifetimeTests(test: DurableTest): void {
  const chat = session('chat')

  test('closing twice is harmless', async ({ store }) => {
    await store.append(chat, [entry(0)], REVIEW)
    await store.close()
    await store.close()
  })

  test('the name of the data is short and plain, and the same for whoever opens it', async ({
    store,
    other,
    reopened,
  }) => {
    const name = store.dataId?.()
    if (name === undefined) return
    assert.match(name, /^[A-Za-z0-9]{1,64}$/)
    assert.equal((await other()).dataId?.(), name)
    assert.equal((await reopened())?.dataId?.() ?? name, name)
  })

  test('a store that says it is persistent holds everything when opened again', async ({ store, reopened }) => {
    await store.append(chat, entries(0, 4), REVIEW)
    await commitNow(store, chat.key, {
      dropTail: (await loaded(store, chat.key)).tail.slice(0, 2),
      segments: [segmentRef(1), segmentRef(2, { inline: segmentBytes(300, 2) })],
      put: [{ id: segmentId(1), bytes: segmentBytes(900, 1) }],
      overlay: new Map([[entry(2).stamp, { kind: 'edited', body: '{"content":"edited"}' }]]),
      tailHeat: { reads: 2, recent: [7, 5] },
      erasedTo: 3,
    })
    await store.touch(chat.key, { failures: 2 })
    await store.append(chat, [entry(50)], REVIEW)
    const { record: before, fence } = await fenced(store, chat.key)
    const again = await reopened()
    if (again === undefined) return
    const { record: after, fence: same } = await fenced(again, chat.key)
    assert.equal(same, fence)
    assert.deepEqual(plainTail(after), plainTail(before))
    assert.deepEqual(after.segments.map(plainRef), before.segments.map(plainRef))
    assert.deepEqual(
      [...after.overlay].map(([stamp, change]) => [stamp, { ...change }]),
      [[entry(2).stamp, { kind: 'edited', body: '{"content":"edited"}' }]],
    )
    for (const field of ['n', 'erasedTo', 'tailItems', 'tailBytes', 'reviewAt', 'failures', 'updatedAt'] as const)
      assert.equal(after[field], before[field], field)
    assert.deepEqual([after.tailHeat.reads, [...after.tailHeat.recent]], [2, [7, 5]])
    assert.deepEqual(Buffer.from((await again.getSegment(chat.key, segmentId(1)))!), Buffer.from(segmentBytes(900, 1)))
    assert.equal((await again.list(chat, undefined, 10)).sessions.length, 1)
    // And goes on from there.
    await again.append(chat, [entry(60), entry(50)], REVIEW)
    await commitNow(again, chat.key, {})
    assert.equal((await loaded(again, chat.key)).tail.length, before.tail.length + 1)
  })
}
