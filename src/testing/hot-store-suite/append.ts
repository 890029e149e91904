import assert from 'node:assert/strict'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { copyOf, fillNow, item, items, leaseOf, missesNow, read, served, servesExactly, session } from './fixtures.ts'
import type { HotTest } from './store-under-test.ts'

export function appendTests(test: HotTest): void {
  const chat = session('chat')
  const held = items(chat, 0, 3)

  test('the next append is added', async (context) => {
    await fillNow(context.store, chat, copyOf(chat, held, 3))
    const more = items(chat, 10, 2)
    await context.store.append(chat.key, more, 5)
    await servesExactly(context, chat, [...held, ...more], 5)
    await context.store.append(chat.key, [item(chat, 20)], 6)
    await servesExactly(context, chat, [...held, ...more, item(chat, 20)], 6)
  })

  test('a known append is ignored', async (context) => {
    await fillNow(context.store, chat, copyOf(chat, held, 3))
    for (const n of [1, 2, 3]) await context.store.append(chat.key, [held[n - 1]!], n)
    await servesExactly(context, chat, held, 3)
  })

  test('after a gap the copy is gone', async ({ store }) => {
    for (const n of [5, 6, 100]) {
      await fillNow(store, chat, copyOf(chat, held, 3))
      await store.append(chat.key, [item(chat, 20)], n)
      await missesNow(store, chat)
    }
  })

  test('after more items than the count says, the copy is gone', async ({ store }) => {
    await fillNow(store, chat, copyOf(chat, held, 3))
    await store.append(chat.key, items(chat, 20, 2), 4)
    await missesNow(store, chat)
  })

  test('after a latecomer or an item that was sent again, the copy is gone', async ({ store }) => {
    const spread = [item(chat, 0), item(chat, 10), item(chat, 20)] as const
    const late = [
      [item(chat, 15)],
      [spread[2]],
      [spread[0]],
      [item(chat, 35), item(chat, 30)],
      [item(chat, 30), item(chat, 30)],
    ]
    for (const [i, batch] of late.entries()) {
      await fillNow(store, chat, copyOf(chat, spread, 3))
      await store.append(chat.key, batch, 3 + batch.length)
      const answer = await read(store, chat)
      assert.equal(answer.kind, 'miss', `case ${i}: the copy would be out of order`)
    }
  })

  test('an append to a session without a copy makes none', async ({ store }) => {
    await store.append(chat.key, held, 3)
    await missesNow(store, chat)
    await store.append(chat.key, [item(chat, 20)], 4)
    await missesNow(store, chat)
  })

  test('says whether there is a copy that has the items', async ({ store, mayForget }) => {
    assert.equal(await store.append(chat.key, held, 3), false, 'there is no copy')
    await leaseOf(store, chat)
    assert.equal(await store.append(chat.key, held, 3), false, 'there is only a lease')
    const goesOn: readonly (readonly [items: readonly MemoryItem[], n: number])[] = [
      [items(chat, 10, 2), 5],
      [[item(chat, 11)], 5],
      [[held[0]!], 1],
      [[item(chat, 20)], 6],
    ]
    await fillNow(store, chat, copyOf(chat, held, 3))
    for (const [added, n] of goesOn) {
      const told = await store.append(chat.key, added, n)
      if (!mayForget) assert.equal(told, true, `up to ${n}`)
    }
    const drops: readonly (readonly [items: readonly MemoryItem[], n: number])[] = [
      [[item(chat, 50)], 5],
      [items(chat, 50, 2), 4],
      [[held[2]!], 4],
      [[item(chat, 60), item(chat, 50)], 5],
    ]
    for (const [added, n] of drops) {
      await store.forget(chat.key)
      await fillNow(store, chat, copyOf(chat, held, 3))
      assert.equal(await store.append(chat.key, added, n), false, `up to ${n}`)
      await missesNow(store, chat)
    }
  })

  test('what was handed out is not changed by a later append', async (context) => {
    await fillNow(context.store, chat, copyOf(chat, held, 3))
    const before = await served(context, chat)
    const seen = before?.items.slice(0, 3)
    await context.store.append(chat.key, [item(chat, 20)], 4)
    if (seen === undefined) return
    assert.deepEqual(
      seen.map(({ id }) => id),
      held.map(({ id }) => id),
    )
    assert.ok(
      seen.every((one) => Object.isFrozen(one)),
      'items are shared, so they must be frozen',
    )
  })

  test('contents come back as they are', async (context) => {
    const texts = ['', '"\\\u0000\u2028', '😀 e\u0301 \u00e9', '\ud800', '{"a":1}', 'x'.repeat(50_000)]
    const odd = texts.map((content, i) => item(chat, i, content))
    await fillNow(context.store, chat, copyOf(chat, odd.slice(0, 3), 3))
    await context.store.append(chat.key, odd.slice(3), 6)
    await servesExactly(context, chat, odd, 6)
  })
}
