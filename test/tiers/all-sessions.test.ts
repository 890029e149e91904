import { expect, it } from 'vitest'
import { identifySession, shardOf } from '../../src/memory/session.ts'
import { message } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'

function ofOneShard(count: number): string[] {
  const names: string[] = []
  for (let i = 0; names.length < count; i++) {
    if (shardOf(identifySession({ userId: 'ada', sessionId: `s${i}` }).key) === 0) names.push(`s${i}`)
  }
  return names
}

it.each(PLACES)('on %s no session of a user is passed over that is added to meanwhile', async (kind) => {
  const place = emptyPlace(kind)
  const memory = place.open()
  const names = Array.from({ length: 150 }, (_, i) => `s${i}`)
  for (const sessionId of names) {
    place.clock.advance(1)
    await memory.addMemoryItem(message('x', { sessionId }))
  }
  const seen: string[] = []
  for await (const { sessionId } of memory.iterateSessions({ userId: 'ada' })) {
    seen.push(sessionId)
    place.clock.advance(1)
    if (seen.length === 1) await memory.addMemoryItem(message('y', { sessionId: names[0]! }))
  }
  expect(seen.toSorted()).toEqual(names.toSorted())
})

it.each(PLACES)('on %s no session of the store is passed over that is changed meanwhile', async (kind) => {
  const place = emptyPlace(kind)
  const memory = place.open()
  const names = ofOneShard(110)
  const ids = new Map<string, string>()
  for (const sessionId of names) {
    place.clock.advance(1)
    ids.set(sessionId, await memory.addMemoryItem(message('x', { sessionId })))
  }
  const seen: string[] = []
  for await (const { sessionId } of memory.iterateSessions()) {
    seen.push(sessionId)
    if (seen.length === 1) await memory.updateMemoryItem(ids.get(names.at(-1)!)!, { content: 'y' })
  }
  expect(seen.toSorted()).toEqual(names.toSorted())
})
