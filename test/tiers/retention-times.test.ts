import { expect, it } from 'vitest'
import { identifySession, shardOf } from '../../src/memory/session.ts'
import { addAll, CHAT, contents, DAY_MS, message } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'

/** Names of sessions of one shard. */
function ofOneShard(count: number): string[] {
  const names: string[] = []
  for (let i = 0; names.length < count; i++) {
    if (shardOf(identifySession({ userId: 'ada', sessionId: `s${i}` }).key) === 0) names.push(`s${i}`)
  }
  return names
}

it.each(PLACES)('on %s a sweep of everything ends, with many sessions that were only named', async (kind) => {
  const place = emptyPlace(kind)
  // Time goes on while the sweep is under way.
  const now = (): number => {
    place.clock.advance(1)
    return place.clock.now()
  }
  const memory = place.open({ retentionDays: 30, clock: Object.assign(Object.create(place.clock), { now }) })
  const names = ofOneShard(101)
  for (const sessionId of names) await memory.updateSession({ userId: 'ada', sessionId, metadata: { a: 1 } })
  const report = await memory.runMigration({ all: true, maxSessions: 1000 })
  expect(report).toMatchObject({ finished: true, failed: 0 })
  expect(report.sessions).toBeLessThanOrEqual(2 * names.length)
})

it.each(PLACES)(
  'on %s a session that was only named goes when its time is over, however often it was looked at',
  async (kind) => {
    const place = emptyPlace(kind)
    const memory = place.open({ retentionDays: 30 })
    await memory.updateSession({ ...CHAT, metadata: { a: 1 } })
    place.clock.advance(20 * DAY_MS)
    await memory.runMigration({ all: true })
    expect(await memory.getSession(CHAT)).toBeDefined()
    place.clock.advance(12 * DAY_MS)
    await memory.runMigration()
    expect(await memory.getSession(CHAT)).toBeUndefined()
  },
)

it.each(PLACES)('on %s a clock that was years ahead for a moment leaves a session that can be used', async (kind) => {
  const place = emptyPlace(kind)
  const memory = place.open({ retentionDays: 30 })
  await addAll(memory, ['lost to the clock'])
  const now = place.clock.now()
  place.clock.set(now + 3650 * DAY_MS)
  await memory.runMigration()
  place.clock.set(now + 1000)
  const keyed = { idempotencyKey: 'k', createdAt: place.clock.now() }
  await memory.addMemoryItem(message('keyed', keyed))
  await memory.addMemoryItem(message('new'))
  expect(contents(await memory.getConversationHistory({ ...CHAT, before: new Date(now + DAY_MS) }))).toEqual([
    'keyed',
    'new',
  ])
})
