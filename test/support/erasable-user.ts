import { expect } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { collect } from './items.ts'

/** A user whose items lie in every place there is. */
export interface ErasableUser {
  readonly userId: string
  readonly tenantId: string
  readonly ids: readonly string[]
  readonly sessionIds: readonly string[]
  readonly keyed: {
    readonly tenantId: string
    readonly userId: string
    readonly sessionId: string
    readonly content: string
    readonly contentType: string
    readonly createdAt: number
    readonly idempotencyKey: string
  }
}

const SESSIONS = ['tail', 'pages', 'archives', 'inline', 'edited', 'forked', 'only said of']

/** Every text has the mark in it. */
export async function addEverywhere(
  memory: TieredStorageManager,
  userId: string,
  now: number,
  mark: string = userId,
  tenantId = 'default',
): Promise<ErasableUser> {
  const owner = { tenantId, userId }
  const ids: string[] = []
  const add = async (sessionId: string, count: number, size: number): Promise<void> => {
    const items = Array.from({ length: count }, (_, i) => ({
      ...owner,
      sessionId,
      content: `${mark} in ${sessionId} ${i} ${noise(i * 7 + 1, size)}`,
      contentType: 'user_message',
      metadata: { mark: `${mark} in metadata` },
    }))
    ids.push(...(await memory.addMemoryItems(items)))
  }
  const keyed = { ...owner, sessionId: 'tail', content: `${mark} with a key`, contentType: 'note', createdAt: now - 5 }
  await add('pages', 6, 4000)
  await memory.demote({ ...owner, sessionId: 'pages' }, 'warm')
  await add('pages', 2, 10)
  // Too much for the record itself.
  await add('archives', 8, 14_000)
  await memory.demote({ ...owner, sessionId: 'archives' })
  await add('inline', 3, 10)
  await memory.demote({ ...owner, sessionId: 'inline' })
  await add('edited', 6, 10)
  await memory.demote({ ...owner, sessionId: 'edited' })
  await memory.updateMemoryItem(ids.at(-2)!, { content: `${mark} in the overlay`, metadata: { mark } })
  await memory.deleteMemoryItem(ids.at(-4)!)
  await add('tail', 5, 100)
  const withKey = { ...keyed, idempotencyKey: 'k' }
  ids.push(await memory.addMemoryItem(withKey))
  await memory.forkSession({ ...owner, sessionId: 'edited', toSessionId: 'forked' })
  ids.push(...(await memory.getConversationHistory({ ...owner, sessionId: 'forked' })).map(({ id }) => id))
  for (const sessionId of ['tail', 'archives', 'only said of']) {
    await memory.updateSession({ ...owner, sessionId, metadata: { title: `${mark} as a title` } })
  }
  return { ...owner, ids, sessionIds: SESSIONS, keyed: withKey }
}

/** Hardly to be compressed. */
function noise(seed: number, size: number): string {
  let text = ''
  for (let state = seed; text.length < size; ) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    text += (state >>> 0).toString(36)
  }
  return text.slice(0, size)
}

/** Items that are left, by every way to read them. */
export async function itemsLeft(memory: TieredStorageManager, user: ErasableUser): Promise<ReadonlySet<string>> {
  const { tenantId, userId } = user
  const left = new Set<string>()
  for (const id of user.ids) {
    for (const read of ['cached', 'strong'] as const) {
      if ((await memory.getMemoryItem(id, { read })) !== undefined) left.add(id)
    }
  }
  for (const sessionId of user.sessionIds) {
    const address = { tenantId, userId, sessionId }
    for (const { id } of await memory.getConversationHistory(address)) left.add(id)
    for (const { id } of await memory.getConversationHistory({ ...address, read: 'strong' })) left.add(id)
    for (const { id } of await collect(memory.iterateConversationHistory({ ...address, peek: true }))) left.add(id)
  }
  const { hits } = await memory.searchMemory({ tenantId, userId, query: 'overlay title key metadata', limit: 100 })
  for (const { item } of hits) left.add(item.id)
  return left
}

export async function expectGone(memory: TieredStorageManager, user: ErasableUser): Promise<void> {
  const { tenantId, userId } = user
  const owner = { tenantId, userId }
  expect([...(await itemsLeft(memory, user))]).toEqual([])
  expect(await memory.listSessions(owner)).toEqual({ sessions: [] })
  expect(await collect(memory.iterateSessions(owner))).toEqual([])
  expect((await collect(memory.iterateSessions())).filter((info) => info.userId === userId)).toEqual(
    (await collect(memory.iterateSessions())).filter((info) => info.userId === userId && info.tenantId !== tenantId),
  )
  expect(await memory.getTierCounts(owner)).toMatchObject({ sessions: 0 })
  for (const sessionId of user.sessionIds) expect(await memory.getSession({ ...owner, sessionId })).toBeUndefined()
}
