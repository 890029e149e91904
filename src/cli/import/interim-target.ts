import type { TieredStorageManager } from '../../index.ts'
import type { ImportTarget } from './import-target.ts'

/** Stands in until the manager itself has all of {@link ImportTarget}; then the manager takes its place. */
export function interimTarget(memory: TieredStorageManager): ImportTarget {
  return {
    addMemoryItem: ({ sequence: _, ...item }) => memory.addMemoryItem(item),
    async restoreMemoryItems(items) {
      await memory.addMemoryItems(items.map((item) => ({ ...item, idempotencyKey: item.id })))
      return { restored: items.length, erased: 0 }
    },
    async getSession(address) {
      const newest = await memory.getConversationHistory({ ...address, limit: 1 })
      return newest.length === 0 ? undefined : {}
    },
    updateSession: () => Promise.resolve(),
    iterateConversationHistory: ({ peek: _, ...query }) => memory.iterateConversationHistory(query),
  }
}
