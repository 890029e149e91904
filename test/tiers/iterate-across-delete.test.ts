import { describe, expect, it } from 'vitest'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import type { BaseMemoryManager } from '../../src/tiers/base-memory-manager.ts'
import { addAll, CHAT, numbered } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'

describe.each(PLACES)('reading while a session is deleted, on %s', (kind) => {
  it('an iterator ends where it is, and does not begin again with what the base memory manager has', async () => {
    const place = emptyPlace(kind)
    const kept: MemoryItem[] = []
    const base: BaseMemoryManager = {
      initialize: async () => undefined,
      add: async (items) => void kept.push(...items),
      get: async (id) => kept.find((item) => item.id === id),
      history: async () => kept,
      erase: async () => undefined,
    }
    const memory = place.open({ baseMemoryManager: base })
    await addAll(memory, numbered(2))
    await memory.demote(CHAT, 'warm')
    await addAll(memory, numbered(2, 3))
    await memory.demote(CHAT, 'warm')
    const seen: string[] = []
    for await (const { content } of memory.iterateConversationHistory(CHAT)) {
      seen.push(content)
      if (seen.length === 1) await memory.deleteSession(CHAT)
    }
    expect(seen).toEqual(['m1', 'm2'])
  })
})
