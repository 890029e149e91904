import { beforeEach, describe, expect, it } from 'vitest'
import { ThermoclineError } from '../../src/errors.ts'
import { identifySession } from '../../src/memory/session.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import type { MigrationProgress } from '../../src/tiers/rewriting/migrator.ts'
import { addAll, CHAT, contents, DAY_MS, MINUTE_MS, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'
import { withCalls } from '../support/watched-store.ts'

describe.each(PLACES)('placement through time on %s', (kind) => {
  let place: Place
  let memory: TieredStorageManager
  let brokenKey: string | undefined

  /** Refuses to tell of the session that is broken. */
  function breakable(store: DurableStore): DurableStore {
    return withCalls(store, (target) => ({
      load: (key, options) =>
        key === brokenKey
          ? Promise.reject(new ThermoclineError('STORE_FAILED', 'Cannot load: broken for the test'))
          : target.load(key, options),
    }))
  }

  beforeEach(() => {
    brokenKey = undefined
    place = emptyPlace(kind, breakable)
    memory = place.open()
  })

  async function tiers(sessionId: string = CHAT.sessionId): Promise<string[]> {
    const items = await memory.getConversationHistory({ ...CHAT, sessionId })
    return [...new Set(items.map(({ tier }) => tier))]
  }

  /** What it takes to look without counting as a read of the manager under test. */
  async function tiersForAnother(): Promise<string[]> {
    const other = place.open()
    const items = await other.getConversationHistory(CHAT)
    return [...new Set(items.map(({ tier }) => tier))]
  }

  async function advanceDays(days: number): Promise<void> {
    place.clock.advance(days * DAY_MS)
    await memory.runMigration()
  }

  it('goes from hot to warm to cold with age, and can be read all the way', async () => {
    await addAll(memory, numbered(20))
    expect(await tiers()).toEqual(['hot'])
    await advanceDays(8)
    expect(await tiers()).toEqual(['warm'])
    await advanceDays(31)
    expect(await tiers()).toEqual(['cold'])
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(numbered(20))
  })

  it('does nothing until something is due', async () => {
    await addAll(memory, numbered(20))
    place.clock.advance(29 * DAY_MS)
    expect(await memory.runMigration()).toMatchObject({ sessions: 0, finished: true, ratio: 0 })
  })

  it('sends a short session to the cold tier inside its own record', async () => {
    await addAll(memory, numbered(20))
    await advanceDays(31)
    const { key } = identifySession(CHAT)
    const store = place.store()
    await store.open()
    const record = await store.load(key)
    expect(record).toMatchObject({ tail: [], segments: [{ kind: 'archive', items: 20 }] })
    expect(record?.segments[0]?.inline?.byteLength).toBe(record?.segments[0]?.bytes)
    if (kind === 'sqlite') await store.close()
  })

  it('keeps what is read out of the cold tier', async () => {
    await addAll(memory, numbered(20))
    for (let day = 0; day < 60; day += 10) {
      place.clock.advance(10 * DAY_MS)
      await memory.getConversationHistory(CHAT)
      await memory.runMigration()
    }
    expect(await tiers()).toEqual(['warm'])
  })

  it('calls old items hot while they are read often enough', async () => {
    await addAll(memory, numbered(20))
    place.clock.advance(20 * DAY_MS)
    for (let i = 0; i < 5; i++) await memory.getConversationHistory(CHAT)
    const [item] = await memory.getConversationHistory({ ...CHAT, read: 'strong' })
    expect(item?.tier).toBe('hot')
    place.clock.advance(8 * DAY_MS)
    expect(await tiers()).toEqual(['warm'])
  })

  it('brings an archive back after it was read enough', async () => {
    await addAll(memory, numbered(20))
    await advanceDays(31)
    for (let i = 0; i < 2; i++) expect(await tiers()).toEqual(['cold'])
    place.clock.advance(MINUTE_MS)
    await memory.runMigration()
    expect(await tiers()).toEqual(['warm'])
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(numbered(20))
    await advanceDays(31)
    expect(await tiersForAnother()).toEqual(['cold'])
  })

  it('promotes and demotes at once, and a sweep leaves it so', async () => {
    await addAll(memory, numbered(20))
    expect(await memory.demote(CHAT)).toBe(true)
    expect(await tiers()).toEqual(['cold'])
    expect(await memory.demote(CHAT)).toBe(false)
    place.clock.advance(40 * DAY_MS)
    expect(await memory.promote(CHAT)).toBe(true)
    await memory.runMigration()
    expect(await tiersForAnother()).toEqual(['warm'])
    expect(await memory.promote(CHAT)).toBe(false)
    expect(await memory.promote({ ...CHAT, sessionId: 'nowhere' })).toBe(false)
  })

  it('looks but does not touch in a dry run', async () => {
    await addAll(memory, numbered(20))
    place.clock.advance(31 * DAY_MS)
    const looked = await memory.runMigration({ dryRun: true })
    expect(looked).toMatchObject({ dryRun: true, sessions: 1, archived: { items: 20, bytes: 0 }, ratio: 0 })
    expect(await tiersForAnother()).toEqual(['warm'])
    const moved = await memory.runMigration()
    expect(moved.archived).toMatchObject({ items: 20, rawBytes: looked.archived.rawBytes })
  })

  it('reports what it moved', async () => {
    await addAll(memory, numbered(20))
    await addAll(memory, numbered(30), { sessionId: 'second' })
    place.clock.advance(31 * DAY_MS)
    const progress: MigrationProgress[] = []
    const report = await memory.runMigration({ onProgress: (step) => void progress.push(step) })
    expect(report).toMatchObject({ dryRun: false, finished: true, sessions: 2, failed: 0, failures: [] })
    expect(report.archived.items).toBe(50)
    expect(report.ratio).toBeCloseTo(report.archived.rawBytes / report.archived.bytes)
    expect(progress.at(-1)).toEqual({ sessions: 2, itemsMoved: 50, shards: 64, shardCount: 64 })
    expect(memory.getStats()).toMatchObject({ sweeps: 1, itemsAdded: 50, lastSweep: report })
  })

  it('stops after as many sessions as it may look at, and goes on from there', async () => {
    for (const sessionId of ['a', 'b', 'c']) await addAll(memory, numbered(3), { sessionId })
    place.clock.advance(31 * DAY_MS)
    expect(await memory.runMigration({ maxSessions: 2 })).toMatchObject({ sessions: 2, finished: false })
    expect(await memory.runMigration({ maxSessions: 2 })).toMatchObject({ sessions: 1, finished: true })
    await expect(memory.runMigration({ maxSessions: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('stops after the session at hand when it is told to', async () => {
    for (const sessionId of ['a', 'b', 'c']) await addAll(memory, numbered(3), { sessionId })
    place.clock.advance(31 * DAY_MS)
    const stop = new AbortController()
    const report = await memory.runMigration({ signal: stop.signal, onProgress: () => stop.abort() })
    expect(report).toMatchObject({ sessions: 1, finished: false })
  })

  it('puts a session off that fails, longer each time, and sweeps the others', async () => {
    for (const sessionId of ['good', 'bad']) await addAll(memory, numbered(3), { sessionId })
    place.clock.advance(31 * DAY_MS)
    const bad = identifySession({ ...CHAT, sessionId: 'bad' }).key
    const failing = withCalls(place.store(), (store) => ({
      commit: (key, ...rest) =>
        key === bad
          ? Promise.reject(new ThermoclineError('STORE_FULL', 'Cannot commit: no room for the test'))
          : store.commit(key, ...rest),
    }))
    memory = place.open({ stores: { durable: failing, hot: place.hot() } })
    expect(await memory.runMigration()).toMatchObject({
      sessions: 2,
      failed: 1,
      failures: [{ sessionKey: bad, code: 'STORE_FULL' }],
      archived: { items: 3 },
    })
    for (const minutes of [1, 2, 4, 8]) {
      place.clock.advance(minutes * MINUTE_MS - 1)
      expect(await memory.runMigration()).toMatchObject({ sessions: 0 })
      place.clock.advance(1)
      expect(await memory.runMigration()).toMatchObject({ sessions: 1, failed: 1 })
    }
    memory = place.open()
    place.clock.advance(DAY_MS)
    expect(await memory.runMigration()).toMatchObject({ sessions: 1, failed: 0, archived: { items: 3 } })
    expect(await tiers('bad')).toEqual(['cold'])
  })

  it('sweeps the others although one cannot even be looked at', async () => {
    for (const sessionId of ['good', 'bad']) await addAll(memory, numbered(3), { sessionId })
    place.clock.advance(31 * DAY_MS)
    brokenKey = identifySession({ ...CHAT, sessionId: 'bad' }).key
    expect(await memory.runMigration()).toMatchObject({ sessions: 2, failed: 1, archived: { items: 3 } })
  })

  it('sweeps by itself as often as it was told to', async () => {
    memory = place.open({ tierMigrationInterval: (16 * DAY_MS) / 1000 })
    await addAll(memory, numbered(3))
    place.clock.advance(31 * DAY_MS)
    place.clock.advance(DAY_MS)
    // Whoever asks for another sweep waits for the one that is under way.
    expect(await memory.runMigration({ dryRun: true })).toMatchObject({ sessions: 0 })
    expect(await tiersForAnother()).toEqual(['cold'])
  })

  it('keeps the content as it is where compression is off', async () => {
    memory = place.open({ enableCompression: false })
    await memory.addMemoryItem(message('x'.repeat(20_000)))
    place.clock.advance(31 * DAY_MS)
    expect((await memory.runMigration()).archived.bytes).toBeGreaterThan(20_000)
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['x'.repeat(20_000)])
  })
})
