import { beforeEach, describe, expect, it } from 'vitest'
import { inProcessHotStore } from '../../src/stores/in-process/hot-store.ts'
import { TieredStorageManager } from '../../src/thermocline.ts'
import { addAll, CHAT, collect, contents, message, numbered } from '../support/items.ts'
import { emptyPlace, PLACES, type Place } from '../support/memories.ts'
import { CallCounter, withCalls } from '../support/watched-store.ts'

describe.each(PLACES)('the life of a manager on %s', (kind) => {
  let place: Place
  let calls: CallCounter
  let memory: TieredStorageManager

  beforeEach(() => {
    calls = new CallCounter()
    place = emptyPlace(kind, calls.wrap)
    memory = place.open()
  })

  it.each<[string, (memory: TieredStorageManager) => Promise<unknown>]>([
    ['an add', (it) => it.addMemoryItem(message('x'))],
    ['a history', (it) => it.getConversationHistory(CHAT)],
    ['an iterator', (it) => collect(it.iterateConversationHistory(CHAT))],
    ['a sweep', (it) => it.runMigration()],
    ['a promotion', (it) => it.promote(CHAT)],
    ['a scope', (it) => it.scoped({ userId: 'ada' }).getConversationHistory({ sessionId: 's' })],
  ])('begins with %s, if nobody initialized it', async (_, use) => {
    await use(memory)
    expect(calls.of('open')).toBe(1)
  })

  it('opens its stores once, however often and at once it is asked to', async () => {
    await Promise.all([memory.initialize(), memory.initialize(), addAll(memory, ['x'])])
    await memory.initialize()
    expect(calls.of('open')).toBe(1)
  })

  it('tries again after it could not be opened', async () => {
    let failures = 1
    const store = withCalls(place.store(), (target) => ({
      open: () => (failures-- > 0 ? Promise.reject(new Error('not yet')) : target.open()),
    }))
    memory = place.open({ stores: { durable: store, hot: inProcessHotStore() } })
    await expect(memory.initialize()).rejects.toThrow('not yet')
    await addAll(memory, ['x'])
    expect(await memory.getConversationHistory(CHAT)).toHaveLength(1)
  })

  it('ends with close: what was called before is done, what is called later is refused', async () => {
    await memory.initialize()
    const large = numbered(64).map((content) => content.padEnd(10_000))
    const adding = Promise.all(large.map((content) => memory.addMemoryItem(message(content))))
    const reading = memory.getConversationHistory(CHAT)
    await memory.close()
    await memory.close()
    expect(await adding).toHaveLength(64)
    await reading
    const later = [
      () => memory.initialize(),
      () => memory.addMemoryItem(message('late')),
      () => memory.addMemoryItems([message('late')]),
      () => memory.getConversationHistory(CHAT),
      () => collect(memory.iterateConversationHistory(CHAT)),
      async () => memory.getMemoryItem((await adding)[0]!),
      () => memory.runMigration(),
      () => memory.promote(CHAT),
      () => memory.scoped({ userId: 'ada' }).getConversationHistory(CHAT),
    ]
    for (const call of later) await expect(call()).rejects.toMatchObject({ code: 'NOT_OPEN' })
    expect(contents(await place.open().getConversationHistory(CHAT))).toEqual(large)
  })

  it('ends also when it is closed before it is open, and leaves no timer', async () => {
    memory = place.open({ tierMigrationInterval: 60 })
    const opening = memory.initialize()
    await memory.close()
    await opening.catch(() => undefined)
    expect(place.clock.pending).toBe(0)
    await expect(memory.addMemoryItem(message('late'))).rejects.toMatchObject({ code: 'NOT_OPEN' })
  })

  it('ends without ever having been opened', async () => {
    await memory.close()
    await expect(memory.initialize()).rejects.toMatchObject({ code: 'NOT_OPEN' })
    expect(calls.of('open')).toBe(0)
  })

  it('leaves no timer behind, and closes itself with await using', async () => {
    {
      await using scoped = place.open({ tierMigrationInterval: 60 })
      await scoped.initialize()
      expect(place.clock.pending).toBe(1)
    }
    expect(place.clock.pending).toBe(0)
  })

  it('waits with closing for a sweep to end its session', async () => {
    await addAll(memory, numbered(3))
    place.clock.advance(40 * 86_400_000)
    const sweeping = memory.runMigration()
    await memory.close()
    expect(await sweeping).toMatchObject({ failed: 0 })
  })

  it('checks a batch whole before it stores any of it', async () => {
    const wrong = { ...message('x'), content: 5 } as unknown as ReturnType<typeof message>
    await expect(memory.addMemoryItems([message('ok'), wrong])).rejects.toMatchObject({ code: 'INVALID_ITEM' })
    expect(await memory.getConversationHistory(CHAT)).toEqual([])
    expect(await memory.addMemoryItems([])).toEqual([])
  })

  it('tells of itself', async () => {
    expect(memory.getStats()).toMatchObject({ itemsAdded: 0, sweeps: 0, hot: { hits: 0, hitRate: 0 } })
    await addAll(memory, numbered(3))
    for (let i = 0; i < 3; i++) await memory.getConversationHistory(CHAT)
    const { hot, durable, itemsAdded } = memory.getStats()
    expect({ itemsAdded, hits: hot.hits, sessions: hot.sessions }).toEqual({ itemsAdded: 3, hits: 2, sessions: 1 })
    expect(durable).toEqual(
      kind === 'in-process' ? { name: kind, persistent: false } : { name: 'sqlite', persistent: true },
    )
  })

  it.each([
    { tailMaxItems: 1 },
    { hotTierMaxAgeDays: -1 },
    { hotTierMaxAgeDays: 40 },
    { minAccessCountHot: 17 },
    { enableCompression: 'yes' },
    { tierMigrationInterval: Number.NaN },
  ])('refuses the options %o', (options) => {
    expect(() => new TieredStorageManager(options as object)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    )
  })

  it('gives items that nobody can change', async () => {
    await memory.addMemoryItem(message('x', { metadata: { deep: { er: [1] } } }))
    for (const read of ['strong', 'cached', 'cached'] as const) {
      const items = await memory.getConversationHistory({ ...CHAT, read })
      expect(Object.isFrozen(items) && Object.isFrozen(items[0]) && Object.isFrozen(items[0]?.metadata?.deep)).toBe(
        true,
      )
    }
  })
})
