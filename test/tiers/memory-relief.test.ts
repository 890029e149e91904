import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { inProcessDurableStore } from '../../src/index.ts'
import { STEP_CHANNEL, type StepEvent } from '../../src/lib/trace.ts'
import { ManualClock } from '../../src/testing/index.ts'
import type { TieredStorageManagerOptions } from '../../src/thermocline.ts'
import { TieredStorageManager } from '../../src/thermocline.ts'
import { inMemorySharedStore, SharedServer } from '../stores/in-memory-shared-store.ts'

const DAY_MS = 86_400_000

async function openMemory(options: TieredStorageManagerOptions = {}): Promise<TieredStorageManager> {
  const memory = new TieredStorageManager({ path: ':memory:', ...options })
  onTestFinished(() => memory.close())
  await memory.initialize()
  return memory
}

const address = (session: number) => ({ userId: 'ada', sessionId: `s${session}` })

/** Adds to sessions and reads them, so that each has a copy in the process. */
async function fill(memory: TieredStorageManager, sessions: number, items = 10): Promise<void> {
  for (let session = 0; session < sessions; session++) {
    for (let i = 0; i < items; i++) {
      await memory.addMemoryItem({ ...address(session), contentType: 'note', content: `${i} ${'x'.repeat(1000)}` })
    }
    await memory.getConversationHistory(address(session))
  }
}

describe('under memory pressure a manager', () => {
  it('gives up the sessions that were used least lately, and reads them all the same', async () => {
    const memory = await openMemory()
    await fill(memory, 20)
    const before = memory.getStats().hot
    expect(before.sessions).toBe(20)
    const freedBytes = memory.relief.shrinkCaches(0.5)
    const after = memory.getStats().hot
    expect(freedBytes).toBe(before.bytes - after.bytes)
    expect(after.sessions).toBe(10)
    const misses = after.misses
    expect(await memory.getConversationHistory(address(19))).toHaveLength(10)
    expect(memory.getStats().hot.misses).toBe(misses)
    expect(await memory.getConversationHistory(address(0))).toHaveLength(10)
    expect(memory.getStats().hot.misses).toBe(misses + 1)
  })

  it('keeps to the smaller bound until it is let grow again, up to what its options say', async () => {
    const memory = await openMemory({ inProcess: { maxBytes: 64 * 1024 * 1024 } })
    await fill(memory, 20)
    const { maxBytes } = memory.relief.cacheUse
    memory.relief.shrinkCaches(0.5)
    const { limitBytes } = memory.relief.cacheUse
    expect(limitBytes).toBeLessThan(maxBytes / 100)
    await fill(memory, 20)
    expect(memory.relief.cacheUse.bytes).toBeLessThanOrEqual(limitBytes)
    let steps = 0
    for (let isWhole = false; !isWhole; steps++) isWhole = memory.relief.growCaches(1.25)
    expect(steps).toBeLessThan(40)
    expect(memory.relief.cacheUse).toMatchObject({ limitBytes: maxBytes, maxBytes })
    memory.relief.shrinkCaches(0)
    expect(memory.relief.growCaches(Number.MAX_SAFE_INTEGER)).toBe(true)
  })

  it('keeps a little of each cache, however often it is asked', async () => {
    const memory = await openMemory()
    await fill(memory, 20)
    for (let i = 0; i < 100; i++) memory.relief.shrinkCaches(0.25)
    expect(memory.getStats().hot.sessions).toBeGreaterThan(0)
  })

  it('packs long tails of sessions that were used least lately, and lets go of their copies', async () => {
    const memory = await openMemory()
    await fill(memory, 3, 60)
    await memory.addMemoryItem({ ...address(3), contentType: 'note', content: 'short' })
    let commits = 0
    const count = (message: unknown): void => {
      if ((message as StepEvent).step === 'rewrite:committed') commits += 1
    }
    subscribe(STEP_CHANNEL, count)
    onTestFinished(() => void unsubscribe(STEP_CHANNEL, count))
    expect(await memory.relief.packIdleSessions(2)).toBe(2)
    expect(commits).toBe(2)
    expect(memory.getStats().hot.sessions).toBe(1)
    for (const session of [0, 1, 2]) expect(await memory.getConversationHistory(address(session))).toHaveLength(60)
  })

  it('lets go of what other processes hold too, and leaves it to them', async () => {
    const server = new SharedServer(new ManualClock())
    const hot = inMemorySharedStore(server)
    const memory = await openMemory({ stores: { durable: inProcessDurableStore(), hot }, clock: server.clock })
    await fill(memory, 3, 60)
    for (const session of [0, 1, 2]) await memory.getConversationHistory(address(session))
    expect(memory.getStats().hot.sessions).toBe(3)
    expect(await memory.relief.packIdleSessions(2)).toBe(2)
    expect(memory.getStats().hot.sessions).toBe(1)
    expect(memory.relief.shrinkCaches(0.01)).toBeGreaterThan(0)
    const { misses } = memory.getStats().hot
    for (const session of [0, 1, 2]) expect(await memory.getConversationHistory(address(session))).toHaveLength(60)
    expect(memory.getStats().hot.misses).toBe(misses)
  })

  it('refuses what can wait, and takes items as ever', async () => {
    const memory = await openMemory()
    await fill(memory, 1)
    const [item] = await memory.getConversationHistory(address(0))
    memory.relief.refuse(['import', 'export', 'rehydration'])
    const refused = (work: string) => ({ code: 'MEMORY_PRESSURE', details: { work } })
    await expect(memory.restoreMemoryItems([item!])).rejects.toMatchObject(refused('import'))
    await expect(memory.iterateSessions().next()).rejects.toMatchObject(refused('export'))
    await expect(memory.promote(address(0))).rejects.toMatchObject(refused('rehydration'))
    await fill(memory, 2)
    expect(await memory.getConversationHistory(address(1))).toHaveLength(10)
    memory.relief.refuse([])
    expect(await memory.restoreMemoryItems([item!])).toEqual({ restored: 1, erased: 0 })
  })

  it('leaves no new copies where filling caches is refused', async () => {
    const memory = await openMemory()
    memory.relief.refuse(['cache-fill'])
    await fill(memory, 5)
    expect(memory.getStats().hot.sessions).toBe(0)
    expect(await memory.getConversationHistory(address(4))).toHaveLength(10)
  })

  it('refuses to begin sessions only where that was asked for, and goes on with those that exist', async () => {
    const memory = await openMemory()
    await fill(memory, 1)
    memory.relief.refuse(['new-session'])
    const item = { contentType: 'note', content: 'x' } as const
    await memory.addMemoryItem({ ...address(0), ...item })
    await expect(memory.addMemoryItem({ ...address(1), ...item })).rejects.toMatchObject({ code: 'MEMORY_PRESSURE' })
    const both = [address(0), address(1)].map((to) => ({ ...to, ...item }))
    await expect(memory.addMemoryItems(both)).rejects.toMatchObject({ code: 'MEMORY_PRESSURE' })
    const fork = memory.forkSession({ ...address(0), toSessionId: 's1' })
    await expect(fork).rejects.toMatchObject({ code: 'MEMORY_PRESSURE' })
    expect(await memory.getConversationHistory(address(0))).toHaveLength(11)
    expect(await memory.getSession(address(1))).toBeUndefined()
  })

  it('leaves archives that are read again where they are, and brings them back later', async () => {
    const clock = new ManualClock()
    const memory = await openMemory({ clock, tierMigrationInterval: 0 })
    await fill(memory, 1)
    clock.advance(60 * DAY_MS)
    await memory.runMigration()
    expect((await memory.getTierCounts()).cold.items).toBe(10)
    for (let read = 0; read < 16; read++) {
      clock.advance(1000)
      await memory.getConversationHistory({ ...address(0), read: 'strong' })
    }
    memory.relief.refuse(['rehydration'])
    clock.advance(DAY_MS)
    expect((await memory.runMigration()).rehydrated.items).toBe(0)
    memory.relief.refuse([])
    clock.advance(1000)
    expect((await memory.runMigration()).rehydrated.items).toBe(10)
  })

  it('has nothing to give up before it was opened', async () => {
    const memory = new TieredStorageManager({ path: ':memory:' })
    expect(memory.relief.shrinkCaches(0.5)).toBe(0)
    expect(memory.relief.growCaches(2)).toBe(true)
    expect(await memory.relief.packIdleSessions(10)).toBe(0)
    memory.relief.refuse(['import'])
    await expect(memory.restoreMemoryItems([])).rejects.toMatchObject({ code: 'MEMORY_PRESSURE' })
    await memory.close()
  })
})
