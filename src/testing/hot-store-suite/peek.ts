import assert from 'node:assert/strict'
import { copyOf, fillNow, item, items, session, textOf } from './fixtures.ts'
import type { HotTest, HotTestContext } from './store-under-test.ts'

/** Fails unless peek leads to the item, or may have lost it. */
function finds({ store, mayForget }: HotTestContext, wanted: ReturnType<typeof item>): void {
  const slot = store.peek!(wanted.id)
  if (slot === undefined) {
    // What lies outside of the process too is in it only after some read.
    assert.ok(mayForget || store.isShared, `peek does not find ${wanted.content}`)
    return
  }
  const found = slot.copy.itemAt(slot.place)
  assert.deepEqual(found && textOf(found), textOf(wanted))
}

export function peekTests(test: HotTest): void {
  const chat = session('chat')
  const held = items(chat, 0, 5)

  test('peek leads to what a copy holds, and to nothing else', async (context) => {
    const { store } = context
    if (store.peek === undefined) return
    const another = items(session('another'), 0, 1)[0]!
    for (const wanted of [...held, another]) assert.equal(store.peek(wanted.id), undefined)
    await fillNow(store, chat, copyOf(chat, held, 5))
    // Twice, since a place may be remembered.
    for (const wanted of [...held, ...held]) finds(context, wanted)
    const added = item(chat, 50)
    assert.equal(store.peek(added.id), undefined)
    await store.append(chat.key, [added], 6)
    for (const wanted of [...held, added]) finds(context, wanted)
    for (const odd of ['', '.', chat.key, `${chat.key}.`, held[0]!.id.slice(0, -1), another.id, `${held[0]!.id}0`])
      assert.equal(store.peek(odd), undefined, `peek found ${JSON.stringify(odd)}`)
  })

  test('peek finds nothing once the copy is gone, however it went', async (context) => {
    const { store } = context
    if (store.peek === undefined) return
    const ways = [
      () => store.forget(chat.key),
      () => store.clear(),
      () => store.append(chat.key, [item(chat, 60)], 100),
      () => store.append(chat.key, [held[0]!], 6),
    ]
    for (const [i, goes] of ways.entries()) {
      await fillNow(store, chat, copyOf(chat, held, 5))
      for (const wanted of held) finds(context, wanted)
      await goes()
      for (const { id } of held) assert.equal(store.peek(id), undefined, `way ${i}`)
    }
    // A new copy without the first item: the old place of it must not lead anywhere.
    await fillNow(store, chat, copyOf(chat, held.slice(1), 5))
    assert.equal(store.peek(held[0]!.id), undefined)
    for (const wanted of held.slice(1)) finds(context, wanted)
  })

  test(
    'peek finds nothing of what a copy let go',
    async (context) => {
      const { store } = context
      if (store.peek === undefined) return
      await fillNow(store, chat, copyOf(chat, held, 5))
      for (const wanted of held) finds(context, wanted)
      const more = items(chat, 50, 3)
      await store.append(chat.key, more, 8)
      for (const { id } of held.slice(0, 3)) {
        const slot = store.peek(id)
        assert.equal(slot?.copy.itemAt(slot.place), undefined)
      }
      for (const wanted of [...held.slice(3), ...more]) finds(context, wanted)
    },
    { maxItemsPerSession: 5 },
  )
}
