import assert from 'node:assert/strict'
import { bytesOf, entries, entry, loaded, plainEntries, plainTail, REVIEW, session } from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

export function concurrencyTests(test: DurableTest): void {
  const chat = session('chat')

  test('64 appends to one session at once are all there, each with a count of its own', async ({
    store,
    other,
    mayRepeat,
  }) => {
    const second = await other()
    const sent = entries(0, 64)
    const replies = await Promise.all(sent.map((one, i) => (i % 2 === 0 ? store : second).append(chat, [one], REVIEW)))
    const record = await loaded(store, chat.key)
    assert.deepEqual(plainTail(record), plainEntries(sent))
    if (mayRepeat) return
    // A copy elsewhere goes on by these: two alike, and it would take one append for the other.
    assert.deepEqual(
      replies.map(({ n }) => n).sort((a, b) => a - b),
      sent.map((_, i) => i + 1),
    )
    assert.deepEqual([record.n, record.tailItems, record.tailBytes], [64, 64, bytesOf(sent)])
  })

  test('the first appends to a session at once create it once', async ({ store, other, mayRepeat }) => {
    const second = await other()
    for (let i = 0; i < 4; i++) {
      const made = session(`new ${i}`)
      const both = await Promise.all([store.append(made, [entry(1)], REVIEW), second.append(made, [entry(2)], REVIEW)])
      assert.deepEqual(plainTail(await loaded(store, made.key)), plainEntries([entry(1), entry(2)]))
      if (!mayRepeat) assert.deepEqual(both.map(({ n }) => n).sort(), [1, 2])
    }
  })

  test('64 sessions at once get their own items', async ({ store, other }) => {
    const second = await other()
    const sessions = Array.from({ length: 64 }, (_, i) => session(`at once ${i}`))
    await Promise.all(
      sessions.flatMap((made, i) => [
        store.append(made, [entry(i)], REVIEW),
        second.append(made, entries(1000 + i, 2), REVIEW),
      ]),
    )
    for (const [i, made] of sessions.entries()) {
      const record = await loaded(store, made.key)
      assert.deepEqual(plainTail(record), plainEntries([entry(i), ...entries(1000 + i, 2)]))
    }
  })
}
