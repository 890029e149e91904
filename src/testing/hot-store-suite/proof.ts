import assert from 'node:assert/strict'
import type { SessionCopy } from '../../tiers/hot/session-copy.ts'
import type { HotLease, HotStore } from '../../tiers/hot-store.ts'
import {
  copyOf,
  fillNow,
  holdsExactly,
  item,
  items,
  leaseOf,
  missesNow,
  read,
  reviveAt,
  START,
  served,
  servesExactly,
  session,
} from './fixtures.ts'
import type { HotTest, HotTestContext } from './store-under-test.ts'

// Past what the process holds, where the store keeps copies there too: these have been shown to be whole once.
const strong = true

/** Half of it is to spare wherever a copy is expected, since time may really pass. */
const MAX_AGE_MS = 1000

interface Unproven {
  readonly lease: HotLease
  /** Undefined where a store that may forget has forgotten it. */
  readonly copy: SessionCopy | undefined
}

/** Reads what was proven too long ago for the reader. */
async function unproven({ store, mayForget }: HotTestContext, maxProofAgeMs = 0): Promise<Unproven> {
  const answer = await read(store, chat, { strong, maxProofAgeMs })
  assert.ok(answer.kind === 'miss', 'a copy was served that was proven too long ago')
  assert.ok(answer.unproven !== undefined || mayForget, 'the copy did not come with the miss')
  return { lease: answer.lease, copy: answer.unproven }
}

async function servesProven(context: HotTestContext, maxProofAgeMs: number, count: number): Promise<void> {
  await servesExactly(context, chat, items(chat, 0, count), count, { strong, maxProofAgeMs })
}

const chat = session('chat')
const held = items(chat, 0, 3)

export function proofTests(test: HotTest): void {
  /** A test of stores whose proofs age. */
  const shared = (title: string, body: (context: HotTestContext) => Promise<void>): void =>
    test(title, async (context) => {
      if (context.store.isShared) await body(context)
    })
  /** The same where time can be moved on. */
  const timed = (
    title: string,
    body: (context: HotTestContext, advance: (ms: number) => Promise<void> | void) => Promise<void>,
  ): void => shared(title, async (context) => context.advanceTime && body(context, context.advanceTime))

  test('a store in the process serves what it holds, and never calls it unproven', async (context) => {
    if (context.store.isShared) return
    const miss = await read(context.store, chat, { maxProofAgeMs: 0 })
    assert.ok(miss.kind === 'miss' && miss.unproven === undefined)
    await fillNow(context.store, chat, copyOf(chat, held, 3))
    await servesExactly(context, chat, held, 3, { maxProofAgeMs: 0 })
  })

  shared('a copy that was proven too long ago comes with a miss, and a lease takes its place', async (context) => {
    const { store } = context
    const miss = await read(store, chat, { strong, maxProofAgeMs: 0 })
    assert.ok(miss.kind === 'miss' && miss.unproven === undefined)
    await fillNow(store, chat, copyOf(chat, held, 3, { shownFence: 'fence' }))
    const { lease, copy } = await unproven(context)
    if (copy !== undefined) {
      holdsExactly(copy, held, 3)
      assert.ok(copy.isOf({ n: 3, shownFence: 'fence' }))
      assert.ok(!copy.isServable(START), 'it is not served until it is proven')
    }
    await missesNow(store, chat, { strong })
    copy?.prove(START + 1000)
    const filled = await store.fill(chat.key, lease, copy ?? copyOf(chat, held, 3))
    if (!context.mayForget) assert.equal(filled, true)
    await servesExactly(context, chat, held, 3, { strong })
  })

  shared('an unproven copy is all of it, whatever was asked for', async (context) => {
    await fillNow(context.store, chat, copyOf(chat, held, 3))
    const answer = await read(context.store, chat, { strong, newest: 1, maxProofAgeMs: 0 })
    assert.ok(answer.kind === 'miss', 'a copy was served that was proven too long ago')
    // Filled again, it would otherwise take the place of more.
    if (answer.unproven !== undefined) holdsExactly(answer.unproven, held, 3)
  })

  for (const [way, change] of [
    ['an append', (store: HotStore) => store.append(chat.key, [item(chat, 10)], 4)],
    ['forget', (store: HotStore) => store.forget(chat.key)],
    ['clear', (store: HotStore) => store.clear()],
  ] as const) {
    shared(`${way} voids the lease of an unproven copy`, async (context) => {
      const { store } = context
      await fillNow(store, chat, copyOf(chat, held, 3))
      const { lease, copy } = await unproven(context)
      const told = await change(store)
      if (told !== undefined) assert.equal(told, false, 'an append found a copy that was not there')
      assert.equal(await store.fill(chat.key, lease, copy ?? copyOf(chat, held, 3)), false)
      await missesNow(store, chat, { strong })
    })
  }

  timed('a copy is served while its proof is young enough, and fills again after that', async (context, advance) => {
    await fillNow(context.store, chat, copyOf(chat, held, 3))
    for (let round = 0; round < 2; round++) {
      await advance(MAX_AGE_MS / 2)
      await servesProven(context, MAX_AGE_MS, 3)
      await advance(MAX_AGE_MS / 2)
      const { lease, copy } = await unproven(context, MAX_AGE_MS)
      if (copy !== undefined) holdsExactly(copy, held, 3)
      copy?.prove(START + 10 * MAX_AGE_MS)
      await context.store.fill(chat.key, lease, copy ?? copyOf(chat, held, 3))
      await servesProven(context, MAX_AGE_MS, 3)
    }
  })

  timed('a copy can tell when its proof is over', async (context, advance) => {
    await fillNow(context.store, chat, copyOf(chat, held, 3))
    const passed = MAX_AGE_MS / 2
    await advance(passed)
    const query = { strong, maxProofAgeMs: MAX_AGE_MS, revive: reviveAt(START + passed) }
    const copy = await served(context, chat, query)
    if (copy === undefined) return
    assert.ok(copy.isServable(START + passed))
    assert.ok(!copy.isServable(START + MAX_AGE_MS), 'it may be served for longer than it is proven')
  })

  timed('each reader says for itself how old a proof may be', async (context, advance) => {
    await fillNow(context.store, chat, copyOf(chat, held, 3))
    await advance(MAX_AGE_MS)
    await servesProven(context, 2 * MAX_AGE_MS, 3)
    await unproven(context, MAX_AGE_MS)
  })

  timed('neither reads nor appends prove anything', async (context, advance) => {
    await fillNow(context.store, chat, copyOf(chat, held, 3))
    for (let n = 4; n < 7; n++) {
      await advance(MAX_AGE_MS / 4)
      await servesProven(context, 2 * MAX_AGE_MS, n - 1)
      await context.store.append(chat.key, items(chat, n - 1, 1), n)
    }
    await advance(MAX_AGE_MS / 4)
    const { copy } = await unproven(context, MAX_AGE_MS)
    if (copy !== undefined) holdsExactly(copy, items(chat, 0, 6), 6)
  })

  timed('a proof is as old as the lease: what was read may be as old as that', async (context, advance) => {
    const { store } = context
    const lease = await leaseOf(store, chat)
    await advance(MAX_AGE_MS / 2)
    await store.fill(chat.key, lease, copyOf(chat, held, 3))
    await servesProven(context, MAX_AGE_MS, 3)
    await advance(MAX_AGE_MS / 2)
    await unproven(context, MAX_AGE_MS)
  })
}
