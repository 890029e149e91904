import assert from 'node:assert/strict'
import { NEVER } from '../../memory/record.ts'
import { allPages, commitNow, entry, fenced, START, sessionsOfShard } from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

const SHARD = 7

export function dueTests(test: DurableTest): void {
  const sessions = sessionsOfShard(SHARD, 10)
  // Ties among them, and not in the order in which they are appended.
  const reviews = [40, 10, 30, 10, 90, 20, 10, 30, 50, 20].map((ms) => START + ms)
  const inOrder = [...reviews].sort((a, b) => a - b)

  const fill = async (store: Parameters<Parameters<typeof test>[1]>[0]['store']): Promise<void> => {
    for (const [i, made] of sessions.entries()) await store.append(made, [entry(i)], { reviewAt: reviews[i]! })
  }

  test('gives the sessions of the shard that are due, earliest first', async ({ store }) => {
    await fill(store)
    for (const other of sessionsOfShard(SHARD + 1, 2)) await store.append(other, [entry(0)], { reviewAt: START })
    const { sessions: due } = await store.due(SHARD, START + 1000, undefined, 100)
    assert.deepEqual(
      due.map(({ reviewAt }) => reviewAt),
      inOrder,
    )
    assert.deepEqual(due.map(({ key }) => key).sort(), sessions.map(({ key }) => key).sort())
    for (const { key, reviewAt } of due) assert.equal(reviewAt, reviews[sessions.findIndex((s) => s.key === key)])
    assert.deepEqual((await store.due(SHARD + 2, START + 1000, undefined, 100)).sessions, [])
  })

  test('the bound takes in its own millisecond', async ({ store }) => {
    await fill(store)
    for (const before of [9, 10, 29, 30, 31, 89, 90].map((ms) => START + ms)) {
      const { sessions: due } = await store.due(SHARD, before, undefined, 100)
      assert.deepEqual(
        due.map(({ reviewAt }) => reviewAt),
        inOrder.filter((at) => at <= before),
      )
    }
  })

  test('pages by cursor are complete, in order and without repeats', async ({ store }) => {
    await fill(store)
    for (const limit of [1, 2, 3, 5, 10, 11]) {
      const due = await allPages((cursor) => store.due(SHARD, START + 1000, cursor, limit), limit)
      assert.deepEqual(
        due.map(({ reviewAt }) => reviewAt),
        inOrder,
        `by ${limit}`,
      )
      assert.equal(new Set(due.map(({ key }) => key)).size, sessions.length, `by ${limit}`)
    }
  })

  test('a sweep that moves what it saw misses nothing', async ({ store }) => {
    await fill(store)
    const due = await allPages(
      (cursor) => store.due(SHARD, START + 1000, cursor, 3),
      3,
      async (seen) => {
        for (const { key } of seen) await commitNow(store, key, { reviewAt: NEVER })
      },
    )
    assert.equal(new Set(due.map(({ key }) => key)).size, sessions.length)
    assert.equal(due.length, sessions.length)
  })

  test('what a commit or a touch put off is not due before its time', async ({ store }) => {
    await fill(store)
    const [first, second] = sessions as [(typeof sessions)[number], (typeof sessions)[number]]
    await commitNow(store, first.key, { reviewAt: NEVER })
    const { record, fence } = await fenced(store, second.key)
    await store.touch(second.key, { reviewAt: { at: START + 5000, n: record.n, fence } })
    const keys = async (before: number) =>
      (await store.due(SHARD, before, undefined, 100)).sessions.map(({ key }) => key)
    assert.deepEqual((await keys(START + 4999)).length, sessions.length - 2)
    assert.equal((await keys(START + 5000)).at(-1), second.key)
  })
}
