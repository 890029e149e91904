import assert from 'node:assert/strict'
import { identifySession, ownerTag } from '../../memory/session.ts'
import { copyOf, fillNow, items, leaseOf, missesNow, servesExactly, session } from './fixtures.ts'
import type { HotTest } from './store-under-test.ts'

/** It rejects where it could not: then it is called again, as an erase does. */
async function untilDone(call: () => Promise<void>, attempts: number): Promise<void> {
  try {
    await call()
  } catch (error) {
    if (attempts <= 1) throw error
    await new Promise((resolve) => setImmediate(resolve))
    await untilDone(call, attempts - 1)
  }
}

export function ownerTests(test: HotTest): void {
  test('an owner is forgotten: copies, leases and segments of all sessions, and nobody else', async (context) => {
    const { store } = context
    if (store.forgetOwner === undefined) return
    const erased = ['one', 'two', 'three'].map((name) => session(name))
    const leased = session('leased')
    const other = identifySession({ tenantId: 'tenant', userId: 'another user', sessionId: 'one' })
    for (const made of [...erased, other]) {
      await fillNow(store, made, copyOf(made, items(made, 0, 2), 2))
      await store.putSegment(made.key, '0000000000001', new Uint8Array([1, 2, 3]))
    }
    const lease = await leaseOf(store, leased)
    await untilDone(() => store.forgetOwner!(ownerTag(leased)), context.mayForget ? 1000 : 1)
    for (const made of erased) {
      await missesNow(store, made)
      if (store.peek === undefined) assert.equal(await store.getSegment(made.key, '0000000000001'), undefined)
    }
    assert.equal(await store.fill(leased.key, lease, copyOf(leased, items(leased, 0, 1), 1)), false)
    await servesExactly(context, other, items(other, 0, 2), 2)
  })
}
