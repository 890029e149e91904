import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import type { SessionAddress } from '../../../src/tiers/check-arguments.ts'
import type { HistoryQuery } from '../../../src/tiers/reading/history-query.ts'
import { acknowledged, replacement } from './item-steps.ts'
import { expectHistory } from './read-steps.ts'
import type { ModelItem, SessionModel } from './session-model.ts'
import { swept } from './session-steps.ts'
import type { Pair, TogetherStep } from './step.ts'
import type { Actor, World } from './world.ts'

/** Two managers, or one twice, and what both of them act on. */
interface Scene {
  readonly world: World
  readonly one: Actor
  readonly other: Actor
  readonly session: SessionModel
  /** The item that the step means, if the session knows any. */
  readonly id: string | undefined
  readonly index: number
}

/** Two calls at once: whatever comes of them must be what comes of them in one order or the other. */
export async function together(world: World, step: TogetherStep): Promise<void> {
  const session = world.session(step)
  const scene = {
    world,
    one: world.actor(step),
    other: world.actor({ by: step.by + 1 }),
    session,
    id: session.idAt(step.index),
    index: step.index,
  }
  await PLAYS[step.what](scene)
  world.changed(scene.one)
  world.changed(scene.other)
}

const PLAYS: { readonly [what in Pair]: (scene: Scene) => Promise<void> } = {
  'add, add': async (scene) => {
    await Promise.all([add(scene, scene.one), add(scene, scene.other), add(scene, scene.one)])
  },

  'add, pop': async (scene) => {
    const before = newest(scene)
    const [id, popped] = await Promise.all([
      add(scene, scene.one),
      scene.other.memory.popMemoryItem(scene.session.address),
    ])
    const after = newest(scene)
    assert.ok([before?.id, after?.id].includes(popped?.id), `${popped?.id} was popped, beside the add of ${id}`)
    if (popped !== undefined) scene.session.delete(popped.id)
  },

  'add and read, pop': async (scene) => {
    const { one, other, session } = scene
    const before = newest(scene)
    const addAndRead = async () => {
      await aLittle(scene)
      const id = await add(scene, one)
      return { id, items: await one.memory.getConversationHistory({ ...session.address, read: 'strong' }) }
    }
    const [{ id, items }, popped] = await Promise.all([addAndRead(), other.memory.popMemoryItem(session.address)])
    const ids = items.map((item) => item.id)
    if (popped !== undefined) session.delete(popped.id)
    if (before === undefined || id < before.id) return
    // Who saw both knows that what was popped afterwards was not the newest.
    assert.ok(!(popped?.id === before.id && ids.includes(id) && ids.includes(before.id)), 'popped, and not the newest')
  },

  'add, replace': async (scene) => {
    const { world, other, session } = scene
    const expected = session
      .alive(world.now)
      .slice(-2)
      .map((item) => item.id)
    const items = replacement(world, 1)
    const knew = other.newest.get(session)
    const replacing = other.memory.replaceConversationEnd({ ...session.address, expected, items })
    const [added, ids] = await Promise.all([add(scene, scene.one), replacing])
    const end = session.alive(world.now).slice(-Math.max(1, expected.length))
    // Where the add came first, the session ended otherwise.
    if (ids === undefined) return assert.ok(end.some(({ id }) => id === added))
    for (const id of expected) session.delete(id)
    acknowledged(world, other, session, items, ids, knew)
  },

  'add, delete session': async (scene) => {
    const { world, one, other, session } = scene
    const existed = session.exists
    const content = world.newContent(30)
    const [id, isDeleted] = await Promise.all([
      one.memory.addMemoryItem(world.newItem(session, content, {})),
      other.memory.deleteSession(session.address),
    ])
    const item = await one.memory.getMemoryItem(id, { read: 'strong' })
    if (existed) assert.equal(isDeleted, true)
    else assert.ok(isDeleted || item !== undefined, 'nothing was deleted, and the item is gone')
    if (isDeleted && item === undefined) acknowledged(world, one, session, [{ content }], [id])
    if (isDeleted) session.erase(world.now)
    if (item === undefined) return
    const before = { createdAt: session.createdAt, updatedAt: session.updatedAt }
    acknowledged(world, one, session, [{ content }], [id])
    // Where the add came in between, the record was emptied, not made anew.
    const info = await one.memory.getSession(session.address)
    if (existed && info?.createdAt === before.createdAt) Object.assign(session, before, { updatedAt: info.updatedAt })
  },

  'add, sweep': async (scene) => {
    await Promise.all([add(scene, scene.one), sweep(scene)])
    await swept(scene.world, scene.other, false)
  },

  'add, demote': async (scene) => {
    await Promise.all([add(scene, scene.one), scene.other.memory.demote(scene.session.address)])
  },

  'add, history': async (scene) => {
    const { world, one, other, session } = scene
    const before = session.alive(world.now).map((item) => item.id)
    const adding = aLittle(scene).then(() => add(scene, one))
    const [id, items] = await Promise.all([adding, other.memory.getConversationHistory(readOf(scene))])
    const ids = items.map((item) => item.id)
    assert.deepEqual(
      ids.filter((one) => one !== id),
      before,
    )
    await expectNoStaleCopy(scene)
  },

  'delete, delete': async ({ world, one, other, session, id }) => {
    if (id === undefined) return
    const isThere = session.find(id, world.now) !== undefined
    const deleted = await Promise.all([one.memory.deleteMemoryItem(id), other.memory.deleteMemoryItem(id)])
    assert.equal(deleted.filter((isDeleted) => isDeleted).length, isThere ? 1 : 0)
    if (isThere) session.delete(id)
  },

  'delete, update': async ({ world, one, other, session, id }) => {
    if (id === undefined) return
    const isThere = session.find(id, world.now) !== undefined
    const content = world.newContent(30)
    const [isDeleted, updated] = await Promise.all([
      one.memory.deleteMemoryItem(id),
      other.memory.updateMemoryItem(id, { content }),
    ])
    assert.equal(isDeleted, isThere)
    if (updated !== undefined) assert.deepEqual([isThere, updated.content], [true, content])
    if (isThere) session.delete(id)
  },

  'delete, sweep': async (scene) => {
    const { world, one, session, id } = scene
    const isThere = id !== undefined && session.find(id, world.now) !== undefined
    const [isDeleted] = await Promise.all([id !== undefined && one.memory.deleteMemoryItem(id), sweep(scene)])
    // A sweep may remove it first for its age.
    if (!mayAge(scene)) assert.equal(isDeleted, isThere)
    if (isDeleted) session.delete(id!)
    await swept(world, scene.other, false)
  },

  'pop, pop': async ({ world, one, other, session }) => {
    const expected = session.alive(world.now).slice(-2)
    const popped = await Promise.all([one, other].map(({ memory }) => memory.popMemoryItem(session.address)))
    const ids = popped.flatMap((item) => (item === undefined ? [] : [item.id]))
    assert.deepEqual(
      ids.toSorted(),
      expected.map(({ id }) => id),
    )
    for (const id of ids) session.delete(id)
  },

  'pop, pack': async (scene) => {
    const { one, other, session } = scene
    const before = newest(scene)
    const [popped] = await Promise.all([
      one.memory.popMemoryItem(session.address),
      other.memory.demote(session.address, 'warm'),
    ])
    assert.equal(popped?.id, before?.id)
    if (popped !== undefined) session.delete(popped.id)
  },

  'update, update': async ({ world, one, other, session, id }) => {
    const before = id === undefined ? undefined : session.find(id, world.now)
    if (before === undefined) return
    const words = [world.newContent(1), world.newContent(1)]
    const updated = await Promise.all(
      [one, other].map(({ memory }, i) =>
        memory.updateMemoryItem(before.id, ({ content }) => ({ content: `${content} ${words[i]}` })),
      ),
    )
    const contents = updated.map((item) => item?.content ?? '').sort((a, b) => a.length - b.length)
    const orders = [words, words.toReversed()].map(([first, second]) => [
      `${before.content} ${first}`,
      `${before.content} ${first} ${second}`,
    ])
    assert.ok(
      orders.some((order) => order.join() === contents.join()),
      `${before.content} became ${contents}`,
    )
    session.change(before.id, { content: contents[1]! })
  },

  'update, sweep': async (scene) => {
    await Promise.all([update(scene), sweep(scene)])
    await swept(scene.world, scene.other, false)
  },

  'update, pack': async (scene) => {
    await Promise.all([update(scene), scene.other.memory.demote(scene.session.address, 'warm')])
  },

  'update, history': async (scene) => {
    const { world, session, id } = scene
    const before = session.find(id ?? '', world.now)?.content
    const updating = aLittle(scene).then(() => update(scene))
    const [items] = await Promise.all([scene.other.memory.getConversationHistory(readOf(scene)), updating])
    const after = session.find(id ?? '', world.now)?.content
    assert.deepEqual(
      items.map((item) => item.id),
      session.alive(world.now).map((item) => item.id),
    )
    assert.ok([before, after].includes(items.find((item) => item.id === id)?.content))
    await expectNoStaleCopy(scene)
  },
}

/** A read that may be served by a copy, where a copy can't be behind. */
function readOf({ world, one, other, session }: Scene): SessionAddress & HistoryQuery {
  return one === other && world.isFresh(other) ? session.address : { ...session.address, read: 'strong' }
}

/** What came together with a write may have left a copy; after the time for which it may be behind, it must be right. */
async function expectNoStaleCopy({ world, one, other, session }: Scene): Promise<void> {
  world.changed(one)
  world.advance(100)
  for (const actor of [one, other]) await expectHistory(world, actor, session, {})
}

/** So that the other call has begun already, more or less. */
async function aLittle({ index }: Scene): Promise<void> {
  for (let turns = index % 5; turns > 0; turns--) await turn()
}

async function add({ world, session }: Scene, actor: Actor): Promise<string> {
  const content = world.newContent(30)
  const id = await actor.memory.addMemoryItem(world.newItem(session, content, {}))
  acknowledged(world, actor, session, [{ content }], [id])
  return id
}

async function update(scene: Scene): Promise<void> {
  const { world, one, session, id } = scene
  const before = id === undefined ? undefined : session.find(id, world.now)
  if (before === undefined) return
  const content = world.newContent(30)
  const updated = await one.memory.updateMemoryItem(before.id, { content })
  if (updated === undefined && mayAge(scene)) return
  assert.equal(updated?.content, content)
  session.change(before.id, { content })
}

async function sweep({ other }: Scene): Promise<void> {
  const { failures, finished } = await other.memory.runMigration()
  assert.deepEqual([failures, finished], [[], true])
}

/** Whether a sweep may remove anything of the session. */
function mayAge({ world, session }: Scene): boolean {
  return (session.retentionDays ?? world.retentionDays) > 0 || world.erases.length > 0
}

function newest({ world, session }: Scene): ModelItem | undefined {
  return session.alive(world.now).at(-1)
}
