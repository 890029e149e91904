import type { JsonObject, MemoryItem, NewMemoryItem, SessionAddress } from '../../index.ts'

/** A new item with what names it for good and puts it in its place. */
export interface KeyedItem extends NewMemoryItem {
  readonly createdAt: number
  readonly idempotencyKey: string
  /** Rank among the items of its session with the same `createdAt`. */
  readonly sequence: number
}

/** What belongs to a session as a whole. */
export interface SessionSettings {
  readonly metadata?: JsonObject
  readonly retentionDays?: number
}

/** What an import asks of a memory: part of `TieredStorageManager`. */
export interface ImportTarget {
  addMemoryItem(item: KeyedItem): Promise<string>
  restoreMemoryItems(items: readonly MemoryItem[]): Promise<{ readonly restored: number; readonly erased: number }>
  getSession(address: SessionAddress): Promise<SessionSettings | undefined>
  updateSession(change: SessionAddress & SessionSettings): Promise<unknown>
  iterateConversationHistory(
    query: SessionAddress & { readonly peek: true },
  ): AsyncIterable<Pick<MemoryItem, 'id' | 'idempotencyKey'>>
}
