import assert from 'node:assert/strict'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import type { HistoryQuery } from '../../../src/tiers/reading/history-query.ts'
import type { SessionInfo } from '../../../src/tiers/reading/sessions.ts'
import { MINUTE_MS } from '../items.ts'
import { type SessionModel, textOf } from './session-model.ts'
import type { Edge, GetStep, HistoryStep, InfoStep, QueryPlan, SearchStep } from './step.ts'
import { type Actor, tokensOf, type World } from './world.ts'

export async function history(world: World, step: HistoryStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  await expectHistory(world, actor, session, queryOf(world, session, step.query))
}

export async function iterate(world: World, step: HistoryStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  const { from: _, maxTokens: _tokens, ...query } = queryOf(world, session, step.query)
  await expectIterated(world, actor, session, query)
}

export async function expectHistory(
  world: World,
  actor: Actor,
  session: SessionModel,
  query: HistoryQuery,
): Promise<void> {
  // What reads the durable store is never behind.
  const mayRead = query.read === 'strong' || query.peek === true || world.isFresh(actor)
  const asked: HistoryQuery = mayRead ? query : { ...query, read: 'strong' }
  const items = await actor.memory.getConversationHistory({ ...session.address, ...asked })
  world.same(actor, session, items, session.history(asked, world.now, tokensOf))
}

export async function expectIterated(
  world: World,
  actor: Actor,
  session: SessionModel,
  query: HistoryQuery,
): Promise<void> {
  const items: MemoryItem[] = []
  for await (const item of actor.memory.iterateConversationHistory({ ...session.address, ...query })) items.push(item)
  // The iterator counts from where it begins.
  const expected = session.history({ ...query, from: query.order ?? 'oldest' }, world.now, tokensOf)
  world.same(actor, session, items, expected)
}

function queryOf(world: World, session: SessionModel, plan: QueryPlan): HistoryQuery {
  const { limit, maxTokens, after, before, ...rest } = plan
  const edgeOf = ({ kind, index }: Edge): string | Date | undefined => {
    if (kind === 'time') return new Date(world.now - index * 10 * MINUTE_MS)
    return session.idAt(index)
  }
  const [afterEdge, beforeEdge] = [after && edgeOf(after), before && edgeOf(before)]
  return {
    ...rest,
    ...(limit !== undefined && { limit }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(afterEdge !== undefined && { after: afterEdge }),
    ...(beforeEdge !== undefined && { before: beforeEdge }),
  }
}

export async function get(world: World, step: GetStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  const id = session.idAt(step.index)
  if (id === undefined) return
  const isCached = step.read === 'cached' && world.isFresh(actor)
  const item = await actor.memory.getMemoryItem(id, ...(isCached ? [] : [{ read: 'strong' as const }]))
  const expected = session.find(id, world.now)
  world.same(actor, session, item === undefined ? [] : [item], expected === undefined ? [] : [expected])
}

const MAX_HITS = 100

export async function search(world: World, step: SearchStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  const { tenantId, userId, sessionId } = session.address
  const wanted = step.for === 'all' ? undefined : session.items[step.index % Math.max(1, session.items.length)]
  const word = wanted?.content.split(' ')[0] ?? 'common'
  const isWhole = step.where === 'all sessions'
  const searched = isWhole ? world.sessionsLike(session) : [session]
  const { hits, complete } = await actor.memory.searchMemory({
    tenantId,
    userId,
    query: word,
    limit: MAX_HITS,
    ...(!isWhole && { sessionId }),
  })
  assert.equal(complete, true)
  const expected = searched
    .flatMap((one) => one.alive(world.now))
    .filter(({ content }) => content.split(' ').includes(word))
    .map(textOf)
  const found = hits.map(({ item }) => textOf(item))
  if (expected.length <= MAX_HITS) assert.deepEqual(found.toSorted(), expected.toSorted())
  else {
    assert.equal(new Set(found).size, MAX_HITS)
    assert.deepEqual(
      found.filter((text) => !expected.includes(text)),
      [],
    )
  }
  for (const { item } of hits) world.saw(actor, world.sessions.find(({ key }) => item.id.startsWith(key))!, [item.id])
}

export async function lookAtSession(world: World, step: InfoStep): Promise<void> {
  const session = world.session(step)
  const info = await world.actor(step).memory.getSession(session.address)
  assert.equal(info !== undefined, session.exists)
  if (info !== undefined) expectInfo(world, session, info)
}

/** A user's sessions, page by page, the newest first. */
export async function listSessions(world: World, step: InfoStep): Promise<void> {
  const { memory } = world.actor(step)
  const { tenantId, userId } = world.session(step).address
  const listed: SessionInfo[] = []
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const page = await memory.listSessions({ tenantId, userId, limit: 2, ...(cursor !== undefined && { cursor }) })
    listed.push(...page.sessions)
    cursor = page.cursor
  }
  assert.deepEqual(
    listed.map(({ updatedAt }) => updatedAt),
    listed.map(({ updatedAt }) => updatedAt).sort((a, b) => b - a),
  )
  expectInfos(world, world.sessionsLike(world.session(step)), listed)
}

export async function iterateSessions(world: World, step: InfoStep): Promise<void> {
  const all: SessionInfo[] = []
  for await (const info of world.actor(step).memory.iterateSessions()) all.push(info)
  expectInfos(world, world.sessions, all)
}

function expectInfos(world: World, sessions: readonly SessionModel[], infos: readonly SessionInfo[]): void {
  const there = sessions.filter(({ exists }) => exists)
  assert.equal(infos.length, there.length)
  for (const session of there) {
    const { tenantId, userId, sessionId } = session.address
    const info = infos.find((one) => one.tenantId === tenantId && one.userId === userId && one.sessionId === sessionId)
    assert.ok(info, `${sessionId} is not listed`)
    expectInfo(world, session, info)
  }
}

export function expectInfo(world: World, session: SessionModel, info: SessionInfo): void {
  const { items, metadata, retentionDays, createdAt, updatedAt } = info
  assert.deepEqual(
    { metadata, retentionDays, createdAt, updatedAt },
    {
      metadata: session.metadata,
      retentionDays: session.retentionDays,
      createdAt: session.createdAt,
      updatedAt: updatedAt === movedBy(world, session) ? updatedAt : session.updatedAt,
    },
  )
  const least = session.alive(world.now).length
  // Expired items count until they are removed, and what was sent again may count twice.
  const most = session.items.length + session.repeats
  assert.ok(least <= items && items <= most, `items: expected ${least} to ${most}: received ${items}`)
}

/** Where refused adds may have moved `updatedAt` to. */
function movedBy({ place }: World, { updatedAt, refusedAt }: SessionModel): number {
  return place.kind === 'firestore' ? Math.max(updatedAt, refusedAt) : updatedAt
}

export async function countTiers(world: World, step: InfoStep): Promise<void> {
  const session = world.session(step)
  const { tenantId, userId } = session.address
  const { sessions, hot, warm, cold } = await world.actor(step).memory.getTierCounts({ tenantId, userId })
  const mine = world.sessionsLike(session)
  assert.equal(sessions, mine.filter(({ exists }) => exists).length)
  const least = mine.reduce((sum, one) => sum + one.alive(world.now).length, 0)
  const items = hot.items + warm.items + cold.items
  assert.ok(items >= least, `tiers: expected ${least} items or more: received ${items}`)
}
