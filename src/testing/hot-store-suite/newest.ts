import assert from 'node:assert/strict'
import type { MemoryItem } from '../../memory/memory-item.ts'
import type { SessionIdentity } from '../../memory/session.ts'
import { copyOf, fillNow, item, items, served, servesExactly, session, textOf } from './fixtures.ts'
import type { HotTest, HotTestContext } from './store-under-test.ts'

/** Asked for the newest few, a copy that is all of a session has at least those, and says whether they are all. */
async function givesNewest(
  context: HotTestContext,
  owner: SessionIdentity,
  all: readonly MemoryItem[],
  newest: number,
): Promise<void> {
  const copy = await served(context, owner, { newest })
  if (copy === undefined) return
  const count = copy.items.length
  assert.ok(count >= Math.min(newest, all.length), `asked for ${newest} of ${all.length}, ${count} came`)
  assert.deepEqual(copy.items.map(textOf), all.slice(-count).map(textOf), `the newest ${newest}`)
  assert.equal(copy.complete, count === all.length, `${count} of ${all.length} items, and complete`)
  assert.equal(copy.n, all.length)
  assert.deepEqual(copy.session, owner)
}

export function newestTests(test: HotTest): void {
  const chat = session('chat')

  test('the newest few come in order, say whether they are all, and count as the whole', async (context) => {
    const all = items(chat, 0, 40)
    await fillNow(context.store, chat, copyOf(chat, all, 40))
    for (const newest of [1, 2, 7, 39, 40, 41, 500]) await givesNewest(context, chat, all, newest)
    await servesExactly(context, chat, all, 40)
  })

  test('the newest of a copy that is not all of its session', async (context) => {
    const held = items(chat, 0, 10)
    await fillNow(context.store, chat, copyOf(chat, held, 25, { complete: false }))
    for (const newest of [3, 10, 11, undefined]) {
      const copy = await served(context, chat, newest === undefined ? {} : { newest })
      if (copy === undefined) continue
      const count = copy.items.length
      assert.ok(count >= Math.min(newest ?? 10, 10))
      assert.deepEqual(copy.items.map(textOf), held.slice(-count).map(textOf))
      assert.deepEqual([copy.complete, copy.n], [false, 25])
    }
  })

  test('the newest after each append', async (context) => {
    const all = items(chat, 0, 3)
    await fillNow(context.store, chat, copyOf(chat, all, 3))
    for (let i = 0; i < 8; i++) {
      const more = items(chat, 100 * (i + 1), 1 + (i % 3))
      all.push(...more)
      await context.store.append(chat.key, more, all.length)
      for (const newest of [1, 2, 5, all.length]) await givesNewest(context, chat, all, newest)
    }
  })

  test('nothing is newest of an empty copy', async (context) => {
    await fillNow(context.store, chat, copyOf(chat, [], 0))
    await givesNewest(context, chat, [], 1)
    const all = [item(chat, 0)]
    await context.store.append(chat.key, all, 1)
    await givesNewest(context, chat, all, 1)
    await givesNewest(context, chat, all, 2)
  })

  // A store that reads so many bytes from the end has to notice where they were too few, or began amid something.
  test('however long the items are, and in whatever script', async (context) => {
    const texts = [
      'short',
      'x'.repeat(20_000),
      '',
      '\u65e5\u672c\u8a9e'.repeat(3000),
      '"},\n"'.repeat(500),
      '😀'.repeat(999),
    ]
    const all = texts.concat(texts, 'end').map((content, i) => item(chat, i, content))
    await fillNow(context.store, chat, copyOf(chat, all, all.length))
    for (let newest = 1; newest <= all.length; newest++) await givesNewest(context, chat, all, newest)
  })

  test('of an item of 100 KB at the end, and behind it', async (context) => {
    const long = item(chat, 50, 'y'.repeat(100_000))
    const all = [...items(chat, 0, 5), long]
    await fillNow(context.store, chat, copyOf(chat, all, 6))
    for (const newest of [1, 2, 6]) await givesNewest(context, chat, all, newest)
    const more = items(chat, 60, 2)
    all.push(...more)
    await context.store.append(chat.key, more, 8)
    for (const newest of [1, 2, 3, 4, 8]) await givesNewest(context, chat, all, newest)
  })
}
