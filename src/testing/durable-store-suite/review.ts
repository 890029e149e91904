import assert from 'node:assert/strict'
import { NEVER } from '../../memory/record.ts'
import { newFence } from '../../tiers/rewriting/fence.ts'
import {
  commitNow,
  entries,
  entry,
  fenced,
  loaded,
  plainRef,
  plainTail,
  REVIEW,
  START,
  segmentRef,
  session,
} from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

export function reviewTests(test: DurableTest): void {
  const chat = session('chat')

  test('a commit sets reviewAt as it is where nothing was appended since', async ({ store }) => {
    await store.append(chat, entries(0, 2), { reviewAt: START + 100 })
    for (const reviewAt of [START + 500, START + 20, NEVER]) {
      await commitNow(store, chat.key, { reviewAt })
      assert.equal((await loaded(store, chat.key)).reviewAt, reviewAt)
    }
  })

  test('a commit made before an append can only make the review earlier', async ({ store }) => {
    await store.append(chat, [entry(0)], { reviewAt: START + 100 })
    for (const [reviewAt, expected] of [
      [START + 500, START + 100],
      [NEVER, START + 100],
      [START + 50, START + 50],
    ] as const) {
      const { record, fence } = await fenced(store, chat.key)
      await store.append(chat, [entry(record.n + 1)], { reviewAt: START + 300 })
      await store.commit(chat.key, fence, { n: record.n, nextFence: newFence(), reviewAt })
      assert.equal((await loaded(store, chat.key)).reviewAt, expected)
    }
  })

  test('a touch sets reviewAt by the same rule', async ({ store }) => {
    await store.append(chat, [entry(0)], { reviewAt: START + 100 })
    const { record, fence } = await fenced(store, chat.key)
    const { n } = record
    await store.touch(chat.key, { reviewAt: { at: START + 700, n, fence } })
    assert.equal((await loaded(store, chat.key)).reviewAt, START + 700)
    await store.append(chat, [entry(1)], { reviewAt: START + 600 })
    await store.touch(chat.key, { reviewAt: { at: START + 900, n, fence } })
    assert.equal((await loaded(store, chat.key)).reviewAt, START + 600)
    await store.touch(chat.key, { reviewAt: { at: START + 200, n, fence } })
    assert.equal((await loaded(store, chat.key)).reviewAt, START + 200)
  })

  test('a touch made before a commit can only make the review earlier', async ({ store }) => {
    await store.append(chat, [entry(0)], { reviewAt: START + 100 })
    const { record, fence } = await fenced(store, chat.key)
    await commitNow(store, chat.key, { reviewAt: START + 300 })
    await store.touch(chat.key, { reviewAt: { at: START + 900, n: record.n, fence } })
    assert.equal((await loaded(store, chat.key)).reviewAt, START + 300)
    await store.touch(chat.key, { reviewAt: { at: START + 200, n: record.n, fence } })
    assert.equal((await loaded(store, chat.key)).reviewAt, START + 200)
  })

  test('a touch changes what it names and nothing else', async ({ store }) => {
    const heat = { reads: 3, recent: [START + 3, START + 1] }
    await store.append(chat, entries(500, 2), REVIEW)
    await commitNow(store, chat.key, {
      segments: [segmentRef(1), segmentRef(2, { inline: new Uint8Array([1, 2, 3]) })],
      overlay: new Map([[entry(500).stamp, { kind: 'deleted' }]]),
    })
    const { record: before, fence } = await fenced(store, chat.key)
    await store.touch(chat.key, {})
    await store.touch(chat.key, { failures: 4 })
    assert.equal((await loaded(store, chat.key)).failures, 4)
    await store.touch(chat.key, { tailHeat: heat })
    await store.touch(chat.key, {
      segmentHeat: new Map([
        [segmentRef(2).id, heat],
        ['unknown', heat],
      ]),
    })
    const after = await loaded(store, chat.key, { withFence: true })
    assert.equal(after.failures, 4)
    assert.deepEqual({ reads: after.tailHeat.reads, recent: [...after.tailHeat.recent] }, heat)
    assert.deepEqual(after.segments.map(plainRef), [
      plainRef(before.segments[0]!),
      plainRef({ ...before.segments[1]!, heat }),
    ])
    assert.deepEqual(plainTail(after), plainTail(before))
    assert.deepEqual([after.n, after.reviewAt, after.overlay.size], [before.n, before.reviewAt, 1])
    assert.equal(after.fence, fence)
    await store.touch(chat.key, { failures: 0 })
    assert.equal((await loaded(store, chat.key)).failures, 0)
  })

  test('a touch before the first commit keeps heat', async ({ store }) => {
    await store.append(chat, [entry(0)], REVIEW)
    const { fence } = await fenced(store, chat.key)
    await store.touch(chat.key, { tailHeat: { reads: 1, recent: [START] } })
    const after = await loaded(store, chat.key, { withFence: true })
    assert.deepEqual([after.tailHeat.reads, [...after.tailHeat.recent], after.fence], [1, [START], fence])
  })

  test('a touch of a session that is not there creates nothing', async ({ store }) => {
    await store.touch(chat.key, {
      failures: 1,
      tailHeat: { reads: 1, recent: [1] },
      reviewAt: { at: 1, n: 0, fence: '' },
    })
    assert.equal(await store.load(chat.key), undefined)
  })
}
