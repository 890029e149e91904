import assert from 'node:assert/strict'
import { isThermoclineError } from '../../../src/errors.ts'
import { parseItemId } from '../../../src/memory/session.ts'
import { stampMs } from '../../../src/memory/stamp.ts'
import { DAY_MS, MINUTE_MS } from '../items.ts'
import { expectInfo } from './read-steps.ts'
import { MOST_AHEAD_MS, type SessionModel } from './session-model.ts'
import type { AboutStep, ForgetStep, ForkStep, MoveStep, SweepStep } from './step.ts'
import type { Actor, World } from './world.ts'

const SECOND_PASS_MS = 20 * MINUTE_MS

export async function updateSession(world: World, step: AboutStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  const now = { at: world.now }
  const metadata = { 'as before': undefined, none: null, new: now, more: () => ({ ...session.metadata, more: now }) }[
    step.metadata
  ]
  const { retentionDays } = step
  const info = await actor.memory.updateSession({
    ...session.address,
    ...(metadata !== undefined && { metadata }),
    ...(retentionDays !== undefined && { retentionDays }),
  })
  session.touch(world.now)
  if (metadata !== undefined) session.metadata = typeof metadata === 'function' ? metadata() : (metadata ?? undefined)
  if (retentionDays !== undefined) session.retentionDays = retentionDays ?? undefined
  expectInfo(world, session, info)
}

export async function fork(world: World, step: ForkStep): Promise<void> {
  const [actor, from] = [world.actor(step), world.session(step)]
  const mine = world.sessionsLike(from)
  const to = mine[step.to % mine.length]!
  const upTo = step.upTo === undefined ? undefined : from.idAt(step.upTo)
  const wanted = from.alive(world.now).filter(({ id }) => upTo === undefined || id <= upTo)
  const copies = wanted.map((item) => ({ ...item, id: item.id.replace(from.key, to.key) }))
  const known = new Set(copies.map(({ id }) => id))
  const strangers = to.alive(world.now).filter(({ id }) => !known.has(id))
  const wasThere = to.exists
  const forking = actor.memory.forkSession({
    ...from.address,
    toSessionId: to.address.sessionId,
    ...(upTo !== undefined && { upTo }),
  })
  if (to === from) return assert.rejects(forking, { code: 'INVALID_ARGUMENT' })
  if (!from.exists) return assert.equal(await forking, undefined)
  if (strangers.length > 0) return assert.rejects(forking, { code: 'CONFLICT' })
  const count = await forking.catch((error: unknown) => {
    if (isThermoclineError(error, 'ERASED')) return undefined
    throw error
  })
  if (count === undefined && !wasThere) {
    // Nothing of it is left, and what it had for a moment stays away.
    assert.ok(copies.some(({ id }) => to.admission(id) !== 'stored'))
    to.maybeCut(Math.max(world.now, ...copies.map(({ id }) => stampMs(parseItemId(id).stamp))) + MOST_AHEAD_MS)
    return world.changed(actor)
  }
  const unsure = copies.filter(({ id }) => to.admission(id) === 'either' && !to.knows(id))
  if (unsure.length > 0 && count !== undefined) to.admitted(unsure[0]!.id, true)
  else {
    for (const { id } of unsure) {
      to.admitted(id, (await actor.memory.getMemoryItem(id, { read: 'strong', peek: true })) !== undefined)
    }
  }
  assert.equal(
    count === undefined,
    copies.some(({ id }) => to.admission(id) !== 'stored'),
  )
  for (const copy of copies) if (to.admission(copy.id) === 'stored') to.put(copy)
  // What was deleted there since it was copied counts, and stays deleted.
  if (count !== undefined) {
    assert.equal(count, copies.length)
    to.touch(world.now)
    to.metadata ??= from.metadata
    to.retentionDays ??= from.retentionDays
  }
  world.saw(
    actor,
    to,
    copies.filter(({ id }) => to.admission(id) === 'stored').map(({ id }) => id),
  )
  world.changed(actor)
}

export async function deleteSession(world: World, step: ForgetStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  assert.equal(await actor.memory.deleteSession(session.address), session.exists)
  session.erase(world.now)
  world.changed(actor)
}

export async function eraseUser(world: World, step: ForgetStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  const { tenantId, userId } = session.address
  const mine = world.sessionsLike(session)
  const { id, final, firstPassAt, removed } = await actor.memory.eraseUser({ tenantId, userId })
  assert.deepEqual({ final, firstPassAt }, { final: false, firstPassAt: world.now })
  assert.equal(removed.sessions, mine.filter(({ exists }) => exists).length)
  const items = mine.reduce((sum, one) => sum + one.alive(world.now).length, 0)
  assert.ok(removed.items >= items, `${removed.items} items are erased of ${items}`)
  for (const one of mine) one.eraseUser(world.now)
  world.erases = [...world.erases, { id, tenantId, userId, firstPassAt: world.now }]
  world.changed(actor)
  // What is added in the millisecond in which an erase ends may be taken for late.
  world.advance(1)
}

export async function move(world: World, step: MoveStep): Promise<void> {
  const { memory } = world.actor(step)
  const { address } = world.session(step)
  if (step.do === 'promote') await memory.promote(address)
  else await memory.demote(address, step.do === 'pack' ? 'warm' : 'cold')
}

export async function sweep(world: World, step: SweepStep): Promise<void> {
  const actor = world.actor(step)
  const all = step.do === 'sweep all'
  const report = await actor.memory.runMigration(all ? { all } : {})
  assert.deepEqual([report.failures, report.finished], [[], true])
  await swept(world, actor, all)
  if (all) await expectFolded(world, actor)
}

/** What a sweep has removed: where it may have removed more or less, what is there now tells. */
export async function swept(world: World, actor: Actor, all: boolean): Promise<void> {
  const { now } = world
  const due = world.erases.filter(({ firstPassAt }) => firstPassAt + SECOND_PASS_MS <= now)
  for (const { id, firstPassAt } of world.erases) {
    const receipt = await actor.memory.getEraseReceipt(id)
    const isDue = firstPassAt + SECOND_PASS_MS <= now
    assert.deepEqual({ final: receipt?.final, isKnown: 'userId' in receipt! }, { final: isDue, isKnown: !isDue })
  }
  world.erases = world.erases.filter((erase) => !due.includes(erase))
  for (const session of world.sessions) {
    const { tenantId, userId } = session.address
    const passes = due.filter((erase) => erase.tenantId === tenantId && erase.userId === userId)
    if (session.exists)
      await sweptSession(
        world,
        actor,
        session,
        passes.map(({ firstPassAt }) => firstPassAt),
        all,
      )
  }
  world.changed(actor)
}

async function sweptSession(
  world: World,
  actor: Actor,
  session: SessionModel,
  passes: readonly number[],
  all: boolean,
): Promise<void> {
  const keptMs = (session.retentionDays ?? world.retentionDays) * DAY_MS
  for (const upTo of passes) session.cut(upTo)
  if (keptMs > 0) await sweptByAge(world, actor, session, keptMs, all)
  if (session.alive(world.now).length > 0 || passes.length + keptMs === 0) return
  // With its last item a session goes, and an expired item may have gone before or not.
  const info = await actor.memory.getSession(session.address)
  const isNamed = session.metadata !== undefined || session.retentionDays !== undefined
  if (keptMs === 0 && isNamed) assert.ok(info, 'a second pass leaves what was said of the session since')
  if (info === undefined) session.bury()
}

/** A sweep removes what is too old, all at once, and has to when something is by so much too old. */
async function sweptByAge(
  world: World,
  actor: Actor,
  session: SessionModel,
  keptMs: number,
  all: boolean,
): Promise<void> {
  const cutoff = Math.floor(world.now - keptMs)
  const isOld = (id: string, leewayMs: number): boolean => stampMs(parseItemId(id).stamp) <= cutoff - leewayMs
  const alive = session.alive(world.now)
  const leewayMs = Math.min(DAY_MS, keptMs / 32) + 2
  const mustGo = all && alive.some(({ id }) => isOld(id, leewayMs))
  if (!mustGo) {
    const there = await actor.memory.getConversationHistory({ ...session.address, peek: true })
    const ids = new Set(there.map(({ id }) => id))
    const old = alive.filter(({ id }) => isOld(id, 0))
    if (old.length === 0) return session.maybeCut(cutoff)
    if (old.every(({ id }) => ids.has(id))) return
  }
  // Surely as far as there was something, and perhaps as far as retention goes.
  const newest = Math.max(...session.items.map(({ id }) => stampMs(parseItemId(id).stamp)))
  session.cut(Math.min(cutoff, newest))
  session.maybeCut(cutoff)
}

/** After a sweep of everything, what the tiers hold is what the sessions hold. */
async function expectFolded(world: World, actor: Actor): Promise<void> {
  const there = world.sessions.filter(({ exists }) => exists)
  const isExact = there.every(
    ({ items, repeats }) => repeats === 0 && items.every(({ expiresAt }) => expiresAt === undefined),
  )
  if (!isExact) return
  const { sessions, hot, warm, cold } = await actor.memory.getTierCounts()
  const items = there.reduce((sum, session) => sum + session.items.length, 0)
  assert.deepEqual([sessions, hot.items + warm.items + cold.items], [there.length, items])
}

export async function reopen(world: World, step: SweepStep): Promise<void> {
  const actor = world.actor(step)
  await actor.memory.close()
  // Ending and starting takes time: what a manager has not read itself, it sorts after by the clock.
  world.advance(1)
  world.reopen(actor)
}
