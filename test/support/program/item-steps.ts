import assert from 'node:assert/strict'
import { isThermoclineError } from '../../../src/errors.ts'
import type { ItemChange, NewMemoryItem } from '../../../src/memory/memory-item.ts'
import { itemId } from '../../../src/memory/session.ts'
import { keyedStamp } from '../../../src/memory/stamp.ts'
import type { ModelItem, SessionModel } from './session-model.ts'
import type {
  AddStep,
  ChangePlan,
  DeleteStep,
  KeyedStep,
  PopStep,
  ReplaceStep,
  RestoreStep,
  UpdateStep,
} from './step.ts'
import type { Actor, World } from './world.ts'

export async function add(world: World, step: AddStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  const after = step.after === undefined ? undefined : anyHeld(session, step.after)
  const items = Array.from({ length: step.count }, () => newItem(world, session, step, after))
  const ids =
    step.as === 'batch'
      ? await actor.memory.addMemoryItems(items)
      : await Promise.all(items.map((item) => actor.memory.addMemoryItem(item)))
  assert.deepEqual(ids, ids.toSorted(), 'calls at once keep their order')
  for (const id of ids) assertAfter(id, after)
  acknowledged(world, actor, session, items, ids)
}

function newItem(
  world: World,
  session: SessionModel,
  { size, lifeMs, agoMs }: Pick<AddStep, 'size' | 'lifeMs' | 'agoMs'>,
  after: string | undefined,
): NewMemoryItem {
  return world.newItem(session, world.newContent(size), {
    ...(lifeMs > 0 && { expiresAt: world.now + lifeMs }),
    ...(agoMs > 0 && { createdAt: world.now - agoMs }),
    ...(after !== undefined && { after }),
  })
}

/** What was added sorts after all that its maker `knew` of when it was called, and is there from now on. */
export function acknowledged(
  world: World,
  actor: Actor,
  session: SessionModel,
  items: readonly Pick<NewMemoryItem, 'content' | 'createdAt' | 'expiresAt'>[],
  ids: readonly string[],
  knew: string | undefined = actor.newest.get(session),
): void {
  for (const id of ids) assertAfter(id, knew)
  for (const [i, { content, createdAt, expiresAt }] of items.entries()) {
    session.put({
      id: ids[i]!,
      content,
      createdAt: (createdAt as number | undefined) ?? world.now,
      metadata: undefined,
      expiresAt: expiresAt as number | undefined,
    })
  }
  world.saw(actor, session, ids)
  world.changed(actor)
}

function assertAfter(id: string, other: string | undefined): void {
  assert.ok(other === undefined || id > other, `${id} sorts before ${other}, which its maker knew of`)
}

export async function addKeyed(world: World, step: KeyedStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  const { key } = step
  const idempotencyKey = `key ${key}`
  const name = `${session.key} ${key}`
  const createdAt = (step.anew ? undefined : world.keys.get(name)) ?? world.now - step.agoMs
  world.keys.set(name, createdAt)
  const after = step.after === undefined ? undefined : anyHeld(session, step.after)
  const sequence = key % 3 === 0 ? key : undefined
  const id = itemId(session.key, keyedStamp(createdAt, idempotencyKey, sequence))
  const item = world.newItem(session, world.newContent(key % 2 === 0 ? 1 : 200), {
    idempotencyKey,
    createdAt,
    ...(sequence !== undefined && { sequence }),
    ...(after !== undefined && { after }),
  })
  const adding = actor.memory.addMemoryItem(item)
  if (after !== undefined && id <= after) {
    await assert.rejects(adding, { code: 'INVALID_ARGUMENT' })
    return
  }
  if (!(await isAdmitted(session, id, adding))) return session.refuse(createdAt)
  assert.equal(await adding, id)
  const { content } = item
  session.put({ id, content, createdAt, metadata: undefined, expiresAt: undefined })
  world.saw(actor, session, [id])
  world.changed(actor)
}

/** Whether an add of something that has its place was accepted; it must be as the model says. */
async function isAdmitted(session: SessionModel, id: string, adding: Promise<unknown>): Promise<boolean> {
  const expected = session.admission(id)
  const isStored = await adding.then(
    () => true,
    (error: unknown) => {
      if (isThermoclineError(error, 'ERASED')) return false
      throw error
    },
  )
  if (expected === 'either') session.admitted(id, isStored)
  else assert.equal(isStored, expected === 'stored', `${id} is ${expected}`)
  return isStored
}

export async function update(world: World, step: UpdateStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  const id = session.idAt(step.index)
  if (id === undefined) return
  const before = session.find(id, world.now)
  const change = changeOf(world, step.change)
  const updated = await actor.memory.updateMemoryItem(id, step.as === 'value' ? change : () => change)
  if (before === undefined) return assert.equal(updated, undefined)
  session.change(id, modelChange(change))
  world.changed(actor)
  // What it was changed to may have expired already, and is given all the same.
  const after = session.items.find((item) => item.id === id)!
  world.same(actor, session, updated === undefined ? [] : [updated], [after])
}

function changeOf(world: World, { content, metadata, lifeMs }: ChangePlan): ItemChange {
  return {
    ...(content !== undefined && { content: world.newContent(content) }),
    ...(metadata !== 'as before' && { metadata: metadata === 'none' ? null : { at: world.now } }),
    ...(lifeMs !== undefined && { expiresAt: lifeMs === 0 ? null : world.now + lifeMs }),
  }
}

function modelChange({ content, metadata, expiresAt }: ItemChange): Partial<ModelItem> {
  return {
    ...(content !== undefined && { content }),
    ...(metadata !== undefined && { metadata: metadata ?? undefined }),
    ...(expiresAt !== undefined && { expiresAt: (expiresAt as number | null) ?? undefined }),
  }
}

export async function remove(world: World, step: DeleteStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  const id = session.idAt(step.index)
  if (id === undefined) return
  const isThere = session.find(id, world.now) !== undefined
  assert.equal(await actor.memory.deleteMemoryItem(id), isThere)
  if (!isThere) return
  session.delete(id)
  world.changed(actor)
}

export async function pop(world: World, step: PopStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  const newest = session.alive(world.now).at(-1)
  const popped = await actor.memory.popMemoryItem(session.address)
  world.same(actor, session, popped === undefined ? [] : [popped], newest === undefined ? [] : [newest])
  if (newest === undefined) return
  session.delete(newest.id)
  world.changed(actor)
}

export async function replace(world: World, step: ReplaceStep): Promise<void> {
  const [actor, session] = [world.actor(step), world.session(step)]
  const alive = session.alive(world.now).map(({ id }) => id)
  const expected = expectedEnd(alive, step)
  const items = replacement(world, step.put)
  const ids = await actor.memory.replaceConversationEnd({ ...session.address, expected, items })
  // To expect nothing is to expect that there is nothing, and where there was no session there is one then.
  if (expected.length === 0 && alive.length === 0) session.touch(world.now)
  const end = alive.slice(-Math.max(1, expected.length))
  if (end.length !== expected.length || end.some((id, i) => id !== expected[i])) return assert.equal(ids, undefined)
  assert.equal(ids?.length, items.length)
  for (const id of expected) session.delete(id)
  const newest = session.alive(world.now).at(-1)?.id
  for (const id of ids) assertAfter(id, newest)
  acknowledged(world, actor, session, items, ids)
}

export function replacement(world: World, count: number): { readonly content: string; readonly contentType: string }[] {
  return Array.from({ length: count }, () => ({ content: world.newContent(30), contentType: 'summary' }))
}

function expectedEnd(alive: readonly string[], { expect, take }: ReplaceStep): readonly string[] {
  switch (expect) {
    case 'the end':
      return alive.slice(-take)
    case 'a stale end':
      return alive.slice(0, -1).slice(-take)
    case 'nothing':
      return []
  }
}

export async function restore(world: World, step: RestoreStep): Promise<void> {
  if (world.pool.length === 0) return
  const actor = world.actor(step)
  const at = step.index % world.pool.length
  const picked = [...new Map(world.pool.slice(at, at + step.count).map((item) => [item.id, item])).values()]
  const found = picked.map((item) => {
    const session = world.sessions.find(({ key }) => item.id.startsWith(key))!
    assert.ok(session.knows(item.id))
    return { item, session, admission: session.admission(item.id) }
  })
  // One by one where it could be either, so that the answer tells.
  const unsure = found.find(({ admission }) => admission === 'either')
  const given = unsure === undefined ? found : [unsure]
  const report = await actor.memory.restoreMemoryItems(given.map(({ item }) => item))
  if (unsure !== undefined) unsure.session.admitted(unsure.item.id, report.restored === 1)
  const stored = given.filter(({ session, item }) => session.admission(item.id) === 'stored')
  assert.deepEqual(report, { restored: stored.length, erased: given.length - stored.length })
  for (const { item, session } of given) {
    if (session.admission(item.id) !== 'stored') session.refuse(item.createdAt)
  }
  for (const { item, session } of stored) {
    const { id, content, createdAt, metadata, expiresAt } = item
    session.put({ id, content, createdAt, metadata, expiresAt })
    world.saw(actor, session, [id])
  }
  world.changed(actor)
}

/** The id of an item that the session holds, expired or not. */
function anyHeld(session: SessionModel, index: number): string | undefined {
  return session.items.length === 0 ? undefined : session.items[index % session.items.length]!.id
}
