import assert from 'node:assert/strict'
import { identifySession, type SessionIdentity } from '../../memory/session.ts'
import type { DurableStore } from '../../tiers/durable-store.ts'
import { entry, loaded, plainEntries, plainTail, REVIEW } from './fixtures.ts'
import { HOSTILE_IDS } from './hostile-text.ts'
import type { DurableTest } from './store-under-test.ts'

/** What one session says, so that another session's item is known at sight. */
function entryOf({ tenantId, userId, sessionId }: SessionIdentity): ReturnType<typeof entry> {
  return entry(1, JSON.stringify([tenantId, userId, sessionId]))
}

async function checkEach(store: DurableStore, sessions: readonly SessionIdentity[]): Promise<void> {
  await Promise.all(sessions.map((made) => store.append(made, [entryOf(made)], REVIEW)))
  for (const made of sessions) {
    const record = await loaded(store, made.key)
    assert.deepEqual({ ...record.session }, { ...made })
    assert.deepEqual(plainTail(record), plainEntries([entryOf(made)]))
  }
}

export function isolationTests(test: DurableTest): void {
  test('sessions with hostile ids hold their own items only', async ({ store }) => {
    const sessions = HOSTILE_IDS.map((id) => identifySession({ tenantId: 't', userId: 'u', sessionId: id }))
    await checkEach(store, sessions)
    const { sessions: listed } = await store.list({ tenantId: 't', userId: 'u' }, undefined, 1000)
    assert.deepEqual(listed.map(({ sessionId }) => sessionId).sort(), [...HOSTILE_IDS].sort())
  })

  test('users with hostile ids have their own sessions only', async ({ store }) => {
    const sessions = HOSTILE_IDS.map((id) => identifySession({ tenantId: 't', userId: id, sessionId: 's' }))
    await checkEach(store, sessions)
    for (const { userId, key } of sessions) {
      const { sessions: listed } = await store.list({ tenantId: 't', userId }, undefined, 1000)
      assert.deepEqual(
        listed.map((one) => one.key),
        [key],
        `user ${JSON.stringify(userId.slice(0, 40))}`,
      )
    }
  })

  test('tenants with hostile ids have their own sessions only', async ({ store }) => {
    const sessions = HOSTILE_IDS.map((id) => identifySession({ tenantId: id, userId: 'u', sessionId: 's' }))
    await checkEach(store, sessions)
    for (const { tenantId, key } of sessions) {
      const { sessions: listed } = await store.list({ tenantId, userId: 'u' }, undefined, 1000)
      assert.deepEqual(
        listed.map((one) => one.key),
        [key],
        `tenant ${JSON.stringify(tenantId.slice(0, 40))}`,
      )
    }
  })

  test('ids that read the same when glued together are kept apart', async ({ store }) => {
    const parts = [
      ['ab', 'c', 'd'],
      ['a', 'bc', 'd'],
      ['a', 'b', 'cd'],
      ['a:b', 'c', 'd'],
      ['a', 'b:c', 'd'],
      ['a', 'b', 'c:d'],
      ['a/b', 'c', 'd'],
      ['a', 'b/c', 'd'],
      ['1:a', 'b', 'c'],
      ['1', 'a:b', 'c'],
    ] as const
    await checkEach(
      store,
      parts.map(([tenantId, userId, sessionId]) => identifySession({ tenantId, userId, sessionId })),
    )
  })
}
