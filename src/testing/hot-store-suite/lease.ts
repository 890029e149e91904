import assert from 'node:assert/strict'
import { copyOf, fillNow, items, leaseOf, missesNow, read, served, servesExactly, session } from './fixtures.ts'
import type { HotTest } from './store-under-test.ts'

export function leaseTests(test: HotTest): void {
  const chat = session('chat')
  const held = items(chat, 0, 3)

  test('a read of nothing misses, and its lease lets the copy in', async (context) => {
    const { store, mayForget } = context
    const lease = await leaseOf(store, chat)
    const taken = await store.fill(chat.key, lease, copyOf(chat, held, 3))
    if (!mayForget) assert.equal(taken, true)
    await servesExactly(context, chat, held, 3)
    await missesNow(store, session('another'))
  })

  test('a copy comes back as it was filled', async (context) => {
    for (const complete of [true, false]) {
      const made = session(`complete ${complete}`)
      await fillNow(context.store, made, copyOf(made, items(made, 0, 3), 8, { complete }))
      const copy = await served(context, made)
      if (copy !== undefined) assert.deepEqual([copy.complete, copy.n, copy.items.length], [complete, 8, 3])
    }
  })

  test('a session that is released is a miss or what it was', async (context) => {
    const { store } = context
    await fillNow(store, chat, copyOf(chat, held, 3))
    store.release(chat.key)
    if (store.isShared) await servesExactly(context, chat, held, 3)
    else if ((await read(store, chat)).kind === 'miss') await fillNow(store, chat, copyOf(chat, held, 3))
    await servesExactly(context, chat, held, 3)
  })

  test('an empty copy is a copy', async (context) => {
    await fillNow(context.store, chat, copyOf(chat, [], 4))
    await servesExactly(context, chat, [], 4)
  })

  test('an append voids the lease', async ({ store }) => {
    const lease = await leaseOf(store, chat)
    await store.append(chat.key, items(chat, 50, 1), 4)
    assert.equal(await store.fill(chat.key, lease, copyOf(chat, held, 3)), false)
    await missesNow(store, chat)
  })

  test('forget voids the lease', async ({ store }) => {
    const lease = await leaseOf(store, chat)
    await store.forget(chat.key)
    assert.equal(await store.fill(chat.key, lease, copyOf(chat, held, 3)), false)
    await missesNow(store, chat)
  })

  test('clear voids all leases and drops all copies', async ({ store }) => {
    const others = [session('one'), session('two')]
    for (const made of others) await fillNow(store, made, copyOf(made, items(made, 0, 2), 2))
    const lease = await leaseOf(store, chat)
    await store.clear()
    assert.equal(await store.fill(chat.key, lease, copyOf(chat, held, 3)), false)
    for (const made of [chat, ...others]) await missesNow(store, made)
  })

  test('forget drops the copy, and only that one', async (context) => {
    const another = session('another')
    await fillNow(context.store, chat, copyOf(chat, held, 3))
    await fillNow(context.store, another, copyOf(another, items(another, 0, 1), 1))
    await context.store.forget(chat.key)
    await missesNow(context.store, chat)
    await servesExactly(context, another, items(another, 0, 1), 1)
  })

  test('a lease of a void one does not stand in for the next', async (context) => {
    const { store } = context
    const old = await leaseOf(store, chat)
    await store.forget(chat.key)
    const fresh = await leaseOf(store, chat)
    assert.equal(await store.fill(chat.key, old, copyOf(chat, held.slice(0, 2), 2)), false)
    const taken = await store.fill(chat.key, fresh, copyOf(chat, held, 3))
    if (!context.mayForget) assert.equal(taken, true)
    await servesExactly(context, chat, held, 3)
  })

  test('a lease of one session fills no other', async ({ store }) => {
    const another = session('another')
    const lease = await leaseOf(store, another)
    await leaseOf(store, chat)
    assert.equal(await store.fill(chat.key, lease, copyOf(chat, held, 3)), false)
    await missesNow(store, chat)
  })

  test('of two readers that missed, the slower one never puts an older copy in place of a newer', async (context) => {
    const { store } = context
    const first = await leaseOf(store, chat)
    const second = await leaseOf(store, chat)
    await store.fill(chat.key, first, copyOf(chat, held, 3))
    const [added] = items(chat, 100, 1)
    await store.append(chat.key, [added!], 4)
    await store.fill(chat.key, second, copyOf(chat, held, 3))
    const answer = await read(store, chat)
    if (answer.kind === 'copy') assert.deepEqual([answer.n, answer.items.length], [4, 4])
  })

  test('the lease of a read before forget and fill is void', async (context) => {
    const { store } = context
    const late = await leaseOf(store, chat)
    await store.forget(chat.key)
    await fillNow(store, chat, copyOf(chat, held, 3))
    await store.fill(chat.key, late, copyOf(chat, held.slice(0, 1), 1))
    const answer = await read(store, chat)
    if (answer.kind === 'copy') assert.equal(answer.n, 3)
  })
}
