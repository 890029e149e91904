import type { MemoryItem } from '../../src/memory/memory-item.ts'
import type { BaseMemoryManager } from '../../src/tiers/base-memory-manager.ts'

/** A base memory manager that keeps what it is told in a list. */
export function keptBase(kept: MemoryItem[]): BaseMemoryManager {
  return {
    initialize: async () => undefined,
    add: async (items) => void kept.push(...items),
    get: async (id) => kept.find((item) => item.id === id),
    history: async ({ sessionId }) => kept.filter((item) => item.sessionId === sessionId),
    erase: async ({ sessionId }) => {
      const left = kept.filter((item) => sessionId !== undefined && item.sessionId !== sessionId)
      kept.splice(0, kept.length, ...left)
    },
  }
}
