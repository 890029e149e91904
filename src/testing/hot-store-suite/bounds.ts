import assert from 'node:assert/strict'
import type { SessionIdentity } from '../../memory/session.ts'
import { copyOf, fillNow, item, items, read, served, session, textOf } from './fixtures.ts'
import type { HotTest, HotTestContext } from './store-under-test.ts'

/** The newest `most` of `all` are served, and the copy says that there is more. */
async function servesNewest(
  context: HotTestContext,
  owner: SessionIdentity,
  all: readonly ReturnType<typeof item>[],
  most: number,
): Promise<void> {
  const copy = await served(context, owner)
  if (copy === undefined) return
  const count = copy.items.length
  if (context.store.isShared) assert.ok(count >= 1 && count <= Math.ceil(most * 1.25), `${count} are kept of ${most}`)
  else assert.equal(count, most)
  assert.deepEqual(copy.items.map(textOf), all.slice(-count).map(textOf))
  assert.equal(copy.complete, false, 'a copy that lacks older items must say so')
  assert.equal(copy.n, all.length)
}

export function boundTests(test: HotTest): void {
  const chat = session('chat')

  test(
    'a fill keeps the newest items of a session, as many as it may',
    async (context) => {
      const all = items(chat, 0, 15)
      await fillNow(context.store, chat, copyOf(chat, all, 15))
      await servesNewest(context, chat, all, 10)
    },
    { maxItemsPerSession: 10 },
  )

  test(
    'an append past the bound lets the oldest items go',
    async (context) => {
      const all = items(chat, 0, 9)
      await fillNow(context.store, chat, copyOf(chat, all, 9))
      all.push(item(chat, 50))
      await context.store.append(chat.key, all.slice(9), 10)
      const full = await served(context, chat)
      if (full !== undefined) assert.equal(full.complete, true, 'nothing was let go yet')
      const more = items(chat, 60, 3)
      all.push(...more)
      await context.store.append(chat.key, more, 13)
      await servesNewest(context, chat, all, 10)
    },
    { maxItemsPerSession: 10 },
  )

  test(
    'long texts count too',
    async (context) => {
      const all = Array.from({ length: 8 }, (_, i) => item(chat, i, String(i).repeat(300)))
      await fillNow(context.store, chat, copyOf(chat, all, 8))
      await servesNewest(context, chat, all, 3)
      all.push(item(chat, 100, 'y'.repeat(700)))
      await context.store.append(chat.key, all.slice(8), 9)
      await servesNewest(context, chat, all, 2)
    },
    { maxBytesPerSession: 1000 },
  )

  test(
    'all copies and segments together stay within the bound',
    async ({ store }) => {
      const sessions = Array.from({ length: 60 }, (_, i) => session(`session ${i}`))
      const within = (): void => {
        const { bytes, maxBytes } = store.stats()
        if (maxBytes > 0) assert.ok(bytes <= maxBytes, `${bytes} bytes are held, of ${maxBytes}`)
      }
      for (const [i, made] of sessions.entries()) {
        await fillNow(store, made, copyOf(made, items(made, 0, 5), 5))
        await store.putSegment(made.key, `segment ${i}`, new Uint8Array(3000))
        within()
        for (let n = 6; n < 12; n++) await store.append(made.key, [item(made, n, 'z'.repeat(300))], n)
        within()
      }
      for (const made of sessions) {
        const answer = await read(store, made)
        if (answer.kind === 'copy') assert.deepEqual([answer.n, answer.items.length], [11, 11])
      }
    },
    { maxBytes: 60_000 },
  )

  test('stats add up', async ({ store, mayForget }) => {
    const before = store.stats()
    const sessions = [session('one'), session('two'), session('three')]
    for (const made of sessions) await fillNow(store, made, copyOf(made, items(made, 0, 2), 2))
    for (const made of [...sessions, sessions[0]!]) await read(store, made)
    await read(store, session('nobody'))
    const { hits, misses, sessions: held, bytes, evictions, maxBytes } = store.stats()
    assert.equal(hits + misses - before.hits - before.misses, 8)
    if (!mayForget) assert.deepEqual([hits - before.hits, misses - before.misses], [4, 4])
    // How much others have put into a shared store, it would have to ask.
    if (store.isShared) return
    if (!mayForget) assert.equal(held, 3)
    assert.ok(maxBytes === 0 || (bytes > 0 && bytes <= maxBytes) || mayForget)
    assert.equal(evictions, 0)
    for (const made of sessions) await store.forget(made.key)
    assert.equal(store.stats().sessions, 0)
    assert.equal(store.stats().bytes, before.bytes)
  })
}
