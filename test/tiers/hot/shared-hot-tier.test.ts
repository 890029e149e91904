import { copyFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { sqliteDurableStore } from '../../../src/stores/sqlite/durable-store.ts'
import { ManualClock } from '../../../src/testing/index.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { inMemorySharedStore, SharedServer } from '../../stores/in-memory-shared-store.ts'
import { MINUTE_MS } from '../../support/items.ts'
import { TempFolder } from '../../support/temp-folder.ts'

const CHAT = { userId: 'ada', sessionId: 'one' }
const closing: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function setUp() {
  const folder = new TempFolder()
  closing.push(() => folder[Symbol.dispose]())
  const clock = new ManualClock()
  const server = new SharedServer(clock)
  const open = (path = folder.file('memory.db')) => {
    const stores = { durable: sqliteDurableStore({ path }), hot: inMemorySharedStore(server) }
    const memory = new TieredStorageManager({ clock, tierMigrationInterval: 0, stores, hotCalls: { probeEveryMs: 1 } })
    closing.push(() => memory.close())
    return memory
  }
  return { folder, clock, server, open }
}

async function addAll(memory: TieredStorageManager, contents: readonly string[]): Promise<void> {
  for (const content of contents) await memory.addMemoryItem({ ...CHAT, content, contentType: 'note' })
}

async function contents(memory: TieredStorageManager): Promise<readonly string[]> {
  return (await memory.getConversationHistory({ ...CHAT, read: 'strong' })).map(({ content }) => content)
}

const numbered = (count: number, of = 'item'): string[] => Array.from({ length: count }, (_, i) => `${of} ${i}`)

describe('a hot tier that processes share', () => {
  it('is right again after the proof age where the database was put back from a backup', async () => {
    const { folder, clock, open } = setUp()
    const first = open()
    await addAll(first, ['a', 'b', 'c'])
    await first.compact()
    copyFileSync(folder.file('memory.db'), folder.file('backup.db'))
    await addAll(first, ['lost d', 'lost e'])
    expect(await contents(first)).toHaveLength(5)
    await first.close()
    clock.advance(MINUTE_MS)
    const again = open(folder.file('backup.db'))
    // As many as were lost, so that the counts agree.
    await addAll(again, ['new d', 'new e'])
    clock.advance(10 * MINUTE_MS + 1)
    expect(await contents(again)).toEqual(['a', 'b', 'c', 'new d', 'new e'])
    await addAll(again, ['f'])
    expect(await contents(again)).toEqual(['a', 'b', 'c', 'new d', 'new e', 'f'])
  })

  it('holds nothing of a user once their erase is final, whoever could not tell it of the first pass', async () => {
    const { clock, server, open } = setUp()
    const first = open()
    await addAll(first, ['a canary'])
    await contents(first)
    expect(server.dump()).toContain('canary')
    server.isDown = true
    const { id } = await first.eraseUser({ userId: CHAT.userId })
    await first.close()
    const second = open()
    clock.advance(21 * MINUTE_MS)
    await second.runMigration()
    expect(await second.getEraseReceipt(id)).toMatchObject({ final: false })
    server.isDown = false
    expect(server.dump()).toContain('canary')
    const third = open()
    clock.advance(24 * 60 * MINUTE_MS)
    await third.runMigration()
    expect(server.dump()).not.toContain('canary')
    await third.runMigration()
    expect(await third.getEraseReceipt(id)).toMatchObject({ final: true })
  })

  it('keeps the copy of a long session when all of the session is read', async () => {
    const { open } = setUp()
    const memory = open()
    await addAll(memory, numbered(520))
    await memory.getConversationHistory(CHAT)
    const { hits, misses } = memory.getStats().hot
    for (let i = 0; i < 3; i++) expect(await contents(memory)).toHaveLength(520)
    expect((await memory.getConversationHistory({ ...CHAT, limit: 400, read: 'strong' })).at(-1)?.content).toBe(
      'item 519',
    )
    const { hot } = memory.getStats()
    expect([hot.hits - hits, hot.misses - misses]).toEqual([4, 0])
  })
})
