import { beforeEach, describe, expect, it } from 'vitest'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import type { BaseMemoryManager, BaseMemoryScope } from '../../src/tiers/base-memory-manager.ts'
import { addAll, CHAT, collect, contents, MINUTE_MS, message } from '../support/items.ts'
import { emptyPlace, PLACES, type Place, type Wrap } from '../support/memories.ts'
import { withCalls } from '../support/watched-store.ts'

/** A caller's own store that tells what happened when. */
class LoggedBase implements BaseMemoryManager {
  readonly log: string[]
  readonly items = new Map<string, MemoryItem>()
  failure: Error | undefined

  constructor(log: string[]) {
    this.log = log
  }

  async initialize(): Promise<void> {
    this.log.push('base initialize')
    if (this.failure !== undefined) throw this.failure
  }

  async add(items: readonly MemoryItem[]): Promise<void> {
    this.log.push(`base add ${contents(items).join()}`)
    if (this.failure !== undefined) throw this.failure
    for (const item of items) this.items.set(item.id, item)
  }

  async get(id: string): Promise<MemoryItem | undefined> {
    this.log.push('base get')
    return this.items.get(id)
  }

  async history({ sessionId }: BaseMemoryScope): Promise<readonly MemoryItem[]> {
    this.log.push('base history')
    return [...this.items.values()].filter((item) => item.sessionId === sessionId)
  }

  async erase(): Promise<void> {}
}

describe.each(PLACES)("the caller's own store beside %s", (kind) => {
  let log: string[]
  let base: LoggedBase
  let place: Place
  let memory: TieredStorageManager

  beforeEach(() => {
    log = []
    base = new LoggedBase(log)
    const logged: Wrap = (store) =>
      withCalls(store, (target) => ({
        open: () => {
          log.push('open')
          return target.open()
        },
        append: async (...args) => {
          const appended = await target.append(...args)
          log.push('append')
          return appended
        },
      }))
    place = emptyPlace(kind, logged)
    memory = place.open({ baseMemoryManager: base })
  })

  it('is initialized first, and written after ours and before the add resolves', async () => {
    await addAll(memory, ['a', 'b'])
    log.push('added')
    expect(log).toEqual(['base initialize', 'open', 'append', 'base add a,b', 'added'])
    expect([...base.items.values()]).toEqual(
      await memory.getConversationHistory(CHAT).then((items) => items.map(plain)),
    )
  })

  it('makes the add fail where it fails, and says that the item is stored', async () => {
    await memory.initialize()
    base.failure = new Error('disk on fire')
    const error = await memory.addMemoryItem(message('a')).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'BASE_MEMORY_FAILED', cause: base.failure, details: { stored: true } })
    const items = await memory.getConversationHistory(CHAT)
    expect(contents(items)).toEqual(['a'])
    expect(error).toMatchObject({ details: { ids: items.map(({ id }) => id) } })
    expect(contents(await place.open().getConversationHistory(CHAT))).toEqual(['a'])
  })

  it('keeps the manager shut until it can be initialized', async () => {
    base.failure = new Error('not yet')
    await expect(memory.initialize()).rejects.toMatchObject({ code: 'BASE_MEMORY_FAILED', cause: base.failure })
    base.failure = undefined
    await addAll(memory, ['a'])
    expect(log).toEqual(['base initialize', 'base initialize', 'open', 'append', 'base add a'])
  })

  it('is read only where we have nothing', async () => {
    const [id] = await addAll(memory, ['ours'])
    const old = { ...base.items.get(id!)!, id: id!.replace(/.$/, 'v'), sessionId: 'old', content: 'theirs' }
    base.items.set(old.id, old)
    log.length = 0
    await memory.getMemoryItem(id!)
    await memory.getConversationHistory(CHAT)
    await memory.getConversationHistory({ ...CHAT, limit: 1, read: 'strong' })
    expect(log).toEqual([])
    expect((await memory.getMemoryItem(old.id))?.content).toBe('theirs')
    expect(contents(await memory.getConversationHistory({ ...CHAT, sessionId: 'old' }))).toEqual(['theirs'])
    expect(log).toEqual(['base get', 'base history'])
  })

  it('is asked the same question, and its expired items are not shown', async () => {
    const expiresAt = place.clock.now() + MINUTE_MS
    const ids = await addAll(memory, ['a', 'b', 'c'])
    const mortal = await memory.addMemoryItem(message('mortal', { expiresAt }))
    const rows = [...base.items.values()].map((item) => ({ ...item, sessionId: 'old' }))
    base.items.clear()
    for (const row of rows) base.items.set(row.id, row)
    place.clock.advance(MINUTE_MS)
    const old = { ...CHAT, sessionId: 'old' }
    expect(await memory.getMemoryItem(mortal)).toBeUndefined()
    expect(contents(await memory.getConversationHistory(old))).toEqual(['a', 'b', 'c'])
    expect(contents(await memory.getConversationHistory({ ...old, limit: 2 }))).toEqual(['b', 'c'])
    expect(
      contents(await memory.getConversationHistory({ ...old, limit: 2, from: 'oldest', order: 'newest' })),
    ).toEqual(['b', 'a'])
    expect(contents(await collect(memory.iterateConversationHistory(old)))).toEqual(['a', 'b', 'c'])
    expect(ids).toHaveLength(3)
  })

  it('hears of an item again when it is sent again', async () => {
    const keyed = message('a', { idempotencyKey: 'a', createdAt: place.clock.now() })
    await memory.addMemoryItem(keyed)
    await memory.addMemoryItem(keyed)
    expect(base.items.size).toBe(1)
  })
})

function plain(item: MemoryItem): unknown {
  const { accessCount: _a, lastAccessedAt: _l, ...rest } = item
  return expect.objectContaining({ ...rest, cached: expect.any(Boolean) })
}
