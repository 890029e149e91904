import assert from 'node:assert/strict'
import type { LocalChange } from '../../tiers/durable-store.ts'
import { newFence } from '../../tiers/rewriting/fence.ts'
import { commitNow, entry, fenced, REVIEW, session } from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

export function changeTests(test: DurableTest): void {
  const chat = session('chat')

  test('watch hears of appends by the very array, and of commits', async ({ store }) => {
    if (store.watch === undefined) return
    const heard: LocalChange[] = []
    const stop = store.watch((change) => heard.push(change))
    const sent = [entry(0), entry(1)]
    await store.append(chat, sent, REVIEW)
    assert.ok(heard.length >= 1 && heard.every(({ key }) => key === chat.key))
    assert.ok(
      heard.every((change) => change.entries === sent),
      'not the array that was appended',
    )
    heard.length = 0
    const { fence } = await fenced(store, chat.key)
    await commitNow(store, chat.key, {})
    assert.deepEqual(
      heard.map((change) => [change.key, change.entries]),
      [[chat.key, undefined]],
    )
    heard.length = 0
    assert.equal((await store.commit(chat.key, fence, { n: 2, nextFence: newFence(), reviewAt: 1 })).kind, 'conflict')
    assert.deepEqual(heard, [], 'a conflict changes nothing')
    stop()
    stop()
    await store.append(session('another'), [entry(5)], REVIEW)
    assert.deepEqual(heard, [])
  })

  test('each of several that watch hears, until it stops', async ({ store }) => {
    if (store.watch === undefined) return
    const counts = [0, 0]
    const stops = counts.map((_, i) => store.watch!(() => (counts[i]! += 1)))
    await store.append(chat, [entry(0)], REVIEW)
    stops[0]!()
    const first = counts[0]
    await store.append(chat, [entry(1)], REVIEW)
    assert.ok(first! >= 1)
    assert.equal(counts[0], first)
    assert.ok(counts[1]! >= 2)
  })

  test('foreignChanges has moved once another connection has committed', async ({ store, other, hasOther }) => {
    if (store.foreignChanges === undefined) return
    await store.append(chat, [entry(0)], REVIEW)
    let last = store.foreignChanges()
    assert.equal(typeof last, 'number')
    if (!hasOther) return
    const second = await other()
    const moved = (what: string): void => {
      const now = store.foreignChanges!()
      assert.notEqual(now, last, `${what} through another connection went unnoticed`)
      last = now
    }
    last = store.foreignChanges()
    await second.append(chat, [entry(1)], REVIEW)
    moved('an append')
    await second.append(session('another'), [entry(1)], REVIEW)
    moved('an append to another session')
    await commitNow(second, chat.key, {})
    moved('a commit')
  })
}
