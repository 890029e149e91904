import type { JsonObject, NewMemoryItem, TieredStorageManager } from '../../index.ts'

/** What an import asks of a memory. */
export type ImportTarget = Pick<
  TieredStorageManager,
  'addMemoryItem' | 'restoreMemoryItems' | 'getSession' | 'updateSession' | 'iterateConversationHistory'
>

/** A new item with what names it for good and puts it in its place. */
export interface KeyedItem extends NewMemoryItem {
  readonly createdAt: number
  readonly idempotencyKey: string
  readonly sequence: number
}

/** What is said of a session as a whole. */
export interface SessionSettings {
  readonly metadata?: JsonObject
  readonly retentionDays?: number
}
