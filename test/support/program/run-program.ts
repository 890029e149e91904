import assert from 'node:assert/strict'
import type { Place } from '../place.ts'
import { add, addKeyed, pop, remove, replace, restore, update } from './item-steps.ts'
import {
  countTiers,
  expectHistory,
  expectIterated,
  get,
  history,
  iterate,
  iterateSessions,
  listSessions,
  lookAtSession,
  search,
} from './read-steps.ts'
import { deleteSession, eraseUser, fork, move, reopen, sweep, updateSession } from './session-steps.ts'
import type { Program, Step } from './step.ts'
import { together } from './together-steps.ts'
import { type Actor, World } from './world.ts'

/** Runs a program on managers of an empty place and on the model, and compares every answer. Throws at the first that differs. */
export async function runProgram(place: Place, program: Program, onStep: () => void = () => undefined): Promise<void> {
  const world = new World(place, program)
  for (const step of program.steps) {
    await take(world, step)
    onStep()
  }
  for (const actor of world.actors) await expectAll(world, actor)
  // Without any copies of its own.
  await expectAll(world, { memory: world.newManager(), newest: new Map() })
}

function take(world: World, step: Step): void | Promise<void> {
  switch (step.do) {
    case 'add':
      return add(world, step)
    case 'add keyed':
      return addKeyed(world, step)
    case 'update':
      return update(world, step)
    case 'delete':
      return remove(world, step)
    case 'pop':
      return pop(world, step)
    case 'replace':
      return replace(world, step)
    case 'restore':
      return restore(world, step)
    case 'history':
      return history(world, step)
    case 'iterate':
      return iterate(world, step)
    case 'get':
      return get(world, step)
    case 'search':
      return search(world, step)
    case 'session':
      return lookAtSession(world, step)
    case 'sessions':
      return listSessions(world, step)
    case 'all sessions':
      return iterateSessions(world, step)
    case 'tiers':
      return countTiers(world, step)
    case 'update session':
      return updateSession(world, step)
    case 'fork':
      return fork(world, step)
    case 'delete session':
      return deleteSession(world, step)
    case 'erase user':
      return eraseUser(world, step)
    case 'promote':
    case 'demote':
    case 'pack':
      return move(world, step)
    case 'sweep':
    case 'sweep all':
      return sweep(world, step)
    case 'reopen':
      return reopen(world, step)
    case 'advance':
      return world.advance(step.ms)
    case 'step back':
      return world.stepBack(step.ms)
    case 'together':
      return together(world, step)
    default:
      step satisfies never
  }
}

async function expectAll(world: World, actor: Actor): Promise<void> {
  for (const session of world.sessions) {
    await expectHistory(world, actor, session, {})
    await expectHistory(world, actor, session, { read: 'strong' })
    await expectIterated(world, actor, session, { order: 'newest' })
    const ids = session.items.map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length)
  }
}
