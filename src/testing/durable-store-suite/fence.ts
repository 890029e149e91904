import assert from 'node:assert/strict'
import { newFence } from '../../tiers/rewriting/fence.ts'
import {
  commitNow,
  entries,
  entry,
  fenced,
  loaded,
  plainTail,
  REVIEW,
  segmentBytes,
  segmentId,
  segmentRef,
  session,
} from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

export function fenceTests(test: DurableTest): void {
  const chat = session('chat')

  test('a commit with another fence is a conflict and changes nothing', async ({ store }) => {
    await store.append(chat, entries(0, 4), REVIEW)
    const { fence: stale } = await fenced(store, chat.key)
    await commitNow(store, chat.key, {})
    const { record: before, fence } = await fenced(store, chat.key)
    const change = {
      n: before.n,
      nextFence: newFence(),
      dropTail: before.tail,
      segments: [segmentRef(1)],
      overlay: new Map([[entry(0).stamp, { kind: 'deleted' as const }]]),
      tailHeat: { reads: 9, recent: [9] },
      erasedTo: 5,
      reviewAt: 1,
      put: [{ id: segmentId(1), bytes: segmentBytes(10) }],
    }
    for (const wrong of [stale, `${fence}x`, 'never a fence']) {
      assert.deepEqual(await store.commit(chat.key, wrong, change), { kind: 'conflict' })
    }
    const { record: after, fence: same } = await fenced(store, chat.key)
    assert.equal(same, fence)
    assert.deepEqual({ ...after }, { ...before })
    assert.equal(await store.getSegment(chat.key, segmentId(1)), undefined)
  })

  test('a commit to a session that is not there is a conflict and creates nothing', async ({ store }) => {
    const change = { n: 0, nextFence: newFence(), reviewAt: 1, put: [{ id: segmentId(1), bytes: segmentBytes(10) }] }
    for (const fence of ['', 'a fence']) {
      assert.deepEqual(await store.commit(chat.key, fence, change), { kind: 'conflict' })
    }
    assert.equal(await store.load(chat.key), undefined)
    assert.equal(await store.getSegment(chat.key, segmentId(1)), undefined)
  })

  test('every commit leaves the fence that it names', async ({ store }) => {
    await store.append(chat, [entry(1)], REVIEW)
    for (let i = 0; i < 10; i++) {
      const nextFence = newFence()
      // Also one that changes nothing.
      await commitNow(store, chat.key, { nextFence })
      assert.equal((await fenced(store, chat.key)).fence, nextFence)
    }
  })

  test('a commit that asks for it fails after an append, and only then', async ({ store, other }) => {
    const second = await other()
    await store.append(chat, entries(0, 2), REVIEW)
    const { record, fence } = await fenced(store, chat.key)
    await second.append(chat, [entry(10)], REVIEW)
    const change = { nextFence: newFence(), reviewAt: 1, onlyIfN: true, about: 'changed' }
    assert.deepEqual(await store.commit(chat.key, fence, { ...change, n: record.n }), { kind: 'conflict' })
    const { record: now, fence: same } = await fenced(store, chat.key)
    assert.deepEqual([same, now.about, now.tail.length], [fence, '', 3])
    await store.touch(chat.key, { failures: 1 })
    assert.deepEqual(await store.commit(chat.key, fence, { ...change, n: now.n }), { kind: 'committed' })
    assert.equal((await loaded(store, chat.key)).about, 'changed')
  })

  test('appends and touches neither change the fence nor make a commit fail', async ({ store, other }) => {
    const second = await other()
    await store.append(chat, entries(0, 2), REVIEW)
    for (let round = 0; round < 3; round++) {
      const { record, fence } = await fenced(store, chat.key)
      await store.append(chat, entries(100 * round + 10, 3), REVIEW)
      await second.append(chat, entries(100 * round + 20, 3), REVIEW)
      await store.touch(chat.key, { tailHeat: { reads: round, recent: [] }, failures: round })
      assert.equal((await fenced(store, chat.key)).fence, fence)
      assert.deepEqual(await store.commit(chat.key, fence, { n: record.n, nextFence: newFence(), reviewAt: 1 }), {
        kind: 'committed',
      })
    }
    assert.equal((await loaded(store, chat.key)).tail.length, 20)
  })

  test('of commits that race with one fence, exactly one wins', async ({ store, other }) => {
    const second = await other()
    await store.append(chat, entries(0, 2), REVIEW)
    for (let round = 0; round < 5; round++) {
      const { record, fence } = await fenced(store, chat.key)
      const numbers = Array.from({ length: 16 }, (_, i) => 16 * round + i)
      const results = await Promise.all(
        numbers.map((number, i) =>
          (i % 2 === 0 ? store : second).commit(chat.key, fence, {
            n: record.n,
            nextFence: newFence(),
            reviewAt: REVIEW.reviewAt,
            segments: [segmentRef(number)],
            put: [{ id: segmentId(number), bytes: segmentBytes(300, number) }],
            remove: record.segments.map(({ id }) => id),
          }),
        ),
      )
      const winners = numbers.filter((_, i) => results[i]!.kind === 'committed')
      assert.equal(winners.length, 1, `${winners.length} of 16 racing commits won`)
      const now = await loaded(store, chat.key)
      assert.deepEqual(
        now.segments.map(({ id }) => id),
        [segmentId(winners[0]!)],
      )
      for (const number of numbers) {
        const bytes = await second.getSegment(chat.key, segmentId(number))
        assert.equal(bytes !== undefined, number === winners[0], 'only the winner leaves a segment')
      }
    }
  })

  test('appends under way beside commits are lost to none and doubled by none', async ({ store, other, mayRepeat }) => {
    const second = await other()
    await store.append(chat, entries(0, 4), REVIEW)
    const dropped: string[] = []
    const seal = async (client: typeof store): Promise<void> => {
      for (let i = 0; i < 6; i++) {
        const { record, fence } = await fenced(client, chat.key)
        const dropTail = record.tail.slice(0, Math.ceil(record.tail.length / 2))
        const result = await client.commit(chat.key, fence, {
          n: record.n,
          nextFence: newFence(),
          reviewAt: record.reviewAt,
          dropTail,
        })
        if (result.kind === 'committed') dropped.push(...dropTail.map(({ stamp }) => stamp))
      }
    }
    const add = async (client: typeof store, from: number): Promise<void> => {
      for (let i = 0; i < 12; i++) await client.append(chat, entries(from + 10 * i, 2), REVIEW)
    }
    await Promise.all([seal(store), seal(second), add(store, 1000), add(second, 2000)])
    const record = await loaded(store, chat.key)
    const everywhere = [...dropped, ...plainTail(record).map(({ stamp }) => stamp)].sort()
    const expected = [
      ...entries(0, 4),
      ...[1000, 2000].flatMap((from) => Array.from({ length: 12 }, (_, i) => entries(from + 10 * i, 2)).flat()),
    ]
    // What is sent again after it was dropped may come back to the tail: its segment tells.
    const found = mayRepeat ? [...new Set(everywhere)] : everywhere
    assert.deepEqual(found, expected.map(({ stamp }) => stamp as string).sort())
  })
}
