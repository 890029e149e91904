import assert from 'node:assert/strict'
import type { HotStore } from '../../tiers/hot-store.ts'
import {
  copyOf,
  copyOfUnits,
  fillNow,
  item,
  items,
  leaseOf,
  missesNow,
  read,
  served,
  servesExactly,
  session,
  tailOf,
} from './fixtures.ts'
import type { HotTest, HotTestContext } from './store-under-test.ts'

// What one object changes, another may hear of a little later; a strong read waits for nothing.
const strong = true

/** Two objects on the same copies, as two processes have them. */
interface Both extends HotTestContext {
  readonly one: HotStore
  readonly other: HotStore
}

const chat = session('chat')
const held = items(chat, 0, 3)

/** Each test is run with either object in each role. */
export function twoObjectTests(test: HotTest): void {
  const both = (title: string, body: (context: Both) => Promise<void>): void =>
    test(title, async (context) => {
      const { store, another } = context
      if (another === undefined) return
      await body({ ...context, one: store, other: another })
      await store.clear()
      await body({ ...context, one: another, other: store })
    })

  async function serveExactly(context: Both, expected: typeof held, n: number): Promise<void> {
    for (const store of [context.one, context.other])
      await servesExactly({ store, mayForget: context.mayForget }, chat, expected, n, { strong })
  }

  both('what one fills the other serves', async (context) => {
    const units = [
      { facts: { ...tailOf(held).facts, id: '0000000000001', isArchive: true }, held },
      tailOf(items(chat, 10, 2), { reads: 5, recent: [1, 2] }),
    ]
    const filled = copyOfUnits(chat, units, 9, { complete: false, shownFence: 'fence' })
    await fillNow(context.one, chat, filled, { strong })
    await serveExactly(context, [...held, ...items(chat, 10, 2)], 9)
    const copy = await served({ ...context, store: context.other }, chat, { strong })
    if (copy === undefined) return
    assert.deepEqual([copy.session, copy.shownFence, copy.complete], [chat, 'fence', false])
    assert.deepEqual(copy.storedUnits(), filled.storedUnits())
  })

  for (const [way, change] of [
    ['an append', (store: HotStore) => store.append(chat.key, [item(chat, 50)], 4)],
    ['forget', (store: HotStore) => store.forget(chat.key)],
    ['clear', (store: HotStore) => store.clear()],
  ] as const) {
    both(`${way} by one voids the lease of the other`, async ({ one, other }) => {
      const lease = await leaseOf(one, chat, { strong })
      await change(other)
      assert.equal(await one.fill(chat.key, lease, copyOf(chat, held, 3)), false)
      for (const store of [one, other]) await missesNow(store, chat, { strong })
    })
  }

  both('what one appends to the copy of the other, both serve', async (context) => {
    const { one, other, mayForget } = context
    await fillNow(one, chat, copyOf(chat, held, 3), { strong })
    const added = items(chat, 50, 4)
    for (const [i, store] of [other, one, other, other].entries()) {
      const told = await store.append(chat.key, [added[i]!], 4 + i)
      if (!mayForget) assert.equal(told, true)
      await serveExactly(context, [...held, ...added.slice(0, i + 1)], 4 + i)
    }
  })

  both('an append that each of them hears of is added once', async (context) => {
    await fillNow(context.one, chat, copyOf(chat, held, 3), { strong })
    const added = item(chat, 50)
    for (const store of [context.other, context.one]) await store.append(chat.key, [added], 4)
    await serveExactly(context, [...held, added], 4)
  })

  both('after a gap in what one appends, the copy of the other is gone', async ({ one, other }) => {
    await fillNow(one, chat, copyOf(chat, held, 3), { strong })
    assert.equal(await other.append(chat.key, [item(chat, 50)], 5), false)
    for (const store of [one, other]) await missesNow(store, chat, { strong })
  })

  both('what one forgets, and what one clears, is gone for both', async ({ one, other }) => {
    for (const drop of [(store: HotStore) => store.forget(chat.key), (store: HotStore) => store.clear()]) {
      await fillNow(one, chat, copyOf(chat, held, 3), { strong })
      await drop(other)
      for (const store of [one, other]) await missesNow(store, chat, { strong })
    }
  })

  both('what one releases, the other still serves', async (context) => {
    await fillNow(context.one, chat, copyOf(chat, held, 3), { strong })
    for (const store of [context.one, context.other]) store.release(chat.key)
    await serveExactly(context, held, 3)
  })

  both('of two readers that missed, the slower one never puts an older copy in place of a newer', async (context) => {
    const { one, other } = context
    const leases = [await leaseOf(one, chat, { strong }), await leaseOf(other, chat, { strong })] as const
    await one.fill(chat.key, leases[0], copyOf(chat, held, 3))
    await other.append(chat.key, [item(chat, 50)], 4)
    await other.fill(chat.key, leases[1], copyOf(chat, held, 3))
    for (const store of [one, other]) {
      const answer = await read(store, chat, { strong })
      if (answer.kind === 'copy') assert.deepEqual([answer.n, answer.items.length], [4, 4])
    }
  })

  both('what one finds unproven, the other can neither fill nor serve once it was appended to', async (context) => {
    const { one, other } = context
    await fillNow(one, chat, copyOf(chat, held, 3), { strong })
    const answer = await read(one, chat, { strong, maxProofAgeMs: 0 })
    assert.ok(answer.kind === 'miss', 'a copy was served that was proven too long ago')
    const lease = await leaseOf(other, chat, { strong })
    await other.append(chat.key, [item(chat, 50)], 4)
    assert.equal(await one.fill(chat.key, answer.lease, answer.unproven ?? copyOf(chat, held, 3)), false)
    assert.equal(await other.fill(chat.key, lease, copyOf(chat, held, 3)), false)
    for (const store of [one, other]) await missesNow(store, chat, { strong })
  })
}
