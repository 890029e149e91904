import assert from 'node:assert/strict'
import { identifySession, type SessionIdentity } from '../../memory/session.ts'
import type { DurableStore } from '../../tiers/durable-store.ts'
import { allPages, entry, REVIEW, START, session } from './fixtures.ts'
import type { DurableTest } from './store-under-test.ts'

const OWNER = { tenantId: 'tenant', userId: 'user' }

export function listTests(test: DurableTest): void {
  const sessions = Array.from({ length: 11 }, (_, i) => session(`session ${i}`))
  // Ties among them, and not in order.
  const times = [5, 9, 3, 9, 1, 7, 3, 8, 2, 9, 4]
  const fill = async (store: DurableStore): Promise<void> => {
    for (const [i, made] of sessions.entries()) await store.append(made, [entry(times[i]!)], REVIEW)
  }
  const newestFirst = [...times].sort((a, b) => b - a).map((ms) => START + ms)

  test("gives a user's sessions, the newest first", async ({ store, mayRepeat }) => {
    await fill(store)
    const { sessions: listed } = await store.list(OWNER, undefined, 100)
    assert.deepEqual(
      listed.map(({ updatedAt }) => updatedAt),
      newestFirst,
    )
    for (const { key, tenantId, userId, sessionId, updatedAt, n } of listed) {
      const i = sessions.findIndex((made) => made.key === key)
      assert.deepEqual({ key, tenantId, userId, sessionId }, { ...sessions[i]! })
      assert.equal(updatedAt, START + times[i]!)
      if (!mayRepeat) assert.equal(n, 1)
    }
    assert.equal(new Set(listed.map(({ key }) => key)).size, sessions.length)
  })

  test('pages by cursor are complete, in order and without repeats', async ({ store }) => {
    await fill(store)
    for (const limit of [1, 2, 3, 10, 11, 12]) {
      const listed = await allPages((cursor) => store.list(OWNER, cursor, limit), limit)
      assert.deepEqual(
        listed.map(({ updatedAt }) => updatedAt),
        newestFirst,
        `by ${limit}`,
      )
      assert.equal(new Set(listed.map(({ key }) => key)).size, sessions.length, `by ${limit}`)
    }
  })

  test('a cursor that no page gave is refused', async ({ store }) => {
    await fill(store)
    for (const wrong of ['', 'nonsense', `${'9'.repeat(40)}`, "1' OR '1'='1"]) {
      await assert.rejects(store.list(OWNER, wrong, 3), { code: 'INVALID_ARGUMENT' }, JSON.stringify(wrong))
    }
  })

  test('a session that begins meanwhile makes no other appear twice', async ({ store }) => {
    await fill(store)
    let begun = 0
    const listed = await allPages(
      (cursor) => store.list(OWNER, cursor, 2),
      2,
      async () => {
        begun += 1
        await store.append(session(`begun ${begun}`), [entry(1000 + begun)], REVIEW)
      },
    )
    assert.equal(listed.length, sessions.length)
    assert.equal(new Set(listed.map(({ key }) => key)).size, sessions.length)
  })

  test('an append moves its session to the front', async ({ store }) => {
    await fill(store)
    await store.append(sessions[4]!, [entry(500)], REVIEW)
    const { sessions: listed } = await store.list(OWNER, undefined, 3)
    assert.deepEqual([listed[0]?.sessionId, listed[0]?.updatedAt], [sessions[4]!.sessionId, START + 500])
  })

  test('gives nothing of owners whose ids look alike', async ({ store }) => {
    const owners = [
      ['tenant', 'user'],
      ['tenant', 'user2'],
      ['tenant', 'User'],
      ['tenant', 'use'],
      ['tenant', 'user '],
      ['tenantuser', 'user'],
      ['ten', 'antuser'],
      ['tenantu', 'ser'],
      ['Tenant', 'user'],
      ['tenant ', 'user'],
      ['tenant/user', 'user'],
      ['user', 'tenant'],
      ['tenant', '%'],
      ['%', 'user'],
      ['tenant', 'use_'],
    ] as const
    const made: SessionIdentity[] = owners.map(([tenantId, userId]) =>
      identifySession({ tenantId, userId, sessionId: 's' }),
    )
    await Promise.all(made.map((one, i) => store.append(one, [entry(i)], REVIEW)))
    for (const { tenantId, userId, key } of made) {
      const { sessions: listed, cursor } = await store.list({ tenantId, userId }, undefined, 5)
      assert.deepEqual(
        listed.map((one) => one.key),
        [key],
        `${tenantId} / ${userId}`,
      )
      assert.equal(cursor, undefined)
    }
    assert.deepEqual((await store.list({ tenantId: 'nobody', userId: 'user' }, undefined, 5)).sessions, [])
  })
}
