import assert from 'node:assert/strict'
import type { OverlayChange } from '../../memory/record.ts'
import type { Stamp } from '../../memory/stamp.ts'
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
  segmentRef,
  session,
  stampAt,
} from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

export function commitTests(test: DurableTest): void {
  const chat = session('chat')

  test('dropTail removes exactly its entries and leaves those appended meanwhile', async ({ store, mayRepeat }) => {
    const old = entries(0, 5)
    await store.append(chat, old, REVIEW)
    const { record, fence } = await fenced(store, chat.key)
    const late = [{ ...entry(2, 'a latecomer'), stamp: stampAt(2, 1) }, ...entries(100, 2)]
    await store.append(chat, late, REVIEW)
    const dropTail = [record.tail[0]!, record.tail[2]!, record.tail[3]!]
    assert.deepEqual(
      await store.commit(chat.key, fence, { n: record.n, nextFence: newFence(), reviewAt: 1, dropTail }),
      { kind: 'committed' },
    )
    const left = [old[1]!, late[0]!, old[4]!, late[1]!, late[2]!]
    const after = await loaded(store, chat.key)
    assert.deepEqual(plainTail(after), plainEntries(left))
    if (!mayRepeat) assert.deepEqual([after.n, after.tailItems, after.tailBytes], [8, 5, bytesOf(left)])
    // The reply of the next append counts the same way.
    const reply = await store.append(chat, [entry(200)], REVIEW)
    if (!mayRepeat)
      assert.deepEqual([reply.n, reply.tailItems, reply.tailBytes], [9, 6, bytesOf([...left, entry(200)])])
  })

  test('dropTail of everything leaves an empty tail and zero counters', async ({ store, mayRepeat }) => {
    await store.append(chat, entries(0, 3), REVIEW)
    const { tail } = await loaded(store, chat.key)
    await commitNow(store, chat.key, { dropTail: tail })
    const record = await loaded(store, chat.key)
    assert.deepEqual([record.tail.length, record.tailComplete], [0, true])
    if (!mayRepeat) assert.deepEqual([record.n, record.tailItems, record.tailBytes], [3, 0, 0])
    await store.append(chat, [entry(50)], REVIEW)
    assert.deepEqual(plainTail(await loaded(store, chat.key)), plainEntries([entry(50)]))
  })

  test('dropTail of what is gone already counts nothing', async ({ store, mayRepeat }) => {
    await store.append(chat, entries(0, 3), REVIEW)
    const { tail } = await loaded(store, chat.key)
    await commitNow(store, chat.key, { dropTail: tail.slice(0, 2) })
    await commitNow(store, chat.key, { dropTail: tail.slice(0, 2) })
    const record = await loaded(store, chat.key)
    assert.deepEqual(plainTail(record), plainEntries([entry(2)]))
    if (!mayRepeat) assert.deepEqual([record.tailItems, record.tailBytes], [1, bytesOf([entry(2)])])
  })

  test('the overlay comes back as it was given, and stays where a commit does not name it', async ({ store }) => {
    await store.append(chat, entries(0, 3), REVIEW)
    const overlay = new Map<Stamp, OverlayChange>([
      [entry(0).stamp, { kind: 'deleted' }],
      [entry(2).stamp, { kind: 'edited', body: entry(2, 'edited: "\u0000\u2028\ud83d\ude00" {}[]').body }],
      [entry(9999).stamp, { kind: 'edited', body: '{}' }],
    ])
    await commitNow(store, chat.key, { overlay })
    const plain = async () =>
      [...(await loaded(store, chat.key)).overlay].map(([stamp, change]) => [stamp, { ...change }]).sort()
    const expected = [...overlay].map(([stamp, change]) => [stamp, { ...change }]).sort()
    assert.deepEqual(await plain(), expected)
    await commitNow(store, chat.key, { segments: [segmentRef(1)] })
    await store.append(chat, [entry(500)], REVIEW)
    assert.deepEqual(await plain(), expected)
    await commitNow(store, chat.key, { overlay: new Map([...overlay].slice(0, 1)) })
    assert.deepEqual(await plain(), expected.slice(0, 1))
    await commitNow(store, chat.key, { overlay: new Map() })
    assert.deepEqual(await plain(), [])
  })

  test('tailHeat is kept, and stays where a commit does not name it', async ({ store }) => {
    await store.append(chat, [entry(0)], REVIEW)
    const tailHeat = { reads: 21, recent: Array.from({ length: 16 }, (_, i) => START + 100 - i) }
    await commitNow(store, chat.key, { tailHeat })
    await commitNow(store, chat.key, {})
    await store.append(chat, [entry(1)], REVIEW)
    const record = await loaded(store, chat.key)
    assert.deepEqual({ reads: record.tailHeat.reads, recent: [...record.tailHeat.recent] }, tailHeat)
  })

  test('erasedTo rises and never falls', async ({ store }) => {
    await store.append(chat, [entry(100)], REVIEW)
    for (const [erasedTo, expected] of [
      [START + 10, START + 10],
      [START + 5, START + 10],
      [undefined, START + 10],
      [0, START + 10],
      [START + 20, START + 20],
    ]) {
      await commitNow(store, chat.key, erasedTo === undefined ? {} : { erasedTo })
      assert.equal((await loaded(store, chat.key)).erasedTo, expected)
    }
    assert.deepEqual(plainTail(await loaded(store, chat.key)), plainEntries([entry(100)]))
  })
}
