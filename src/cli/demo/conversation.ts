import type { NewMemoryItem } from '../../index.ts'

/** An item to play, with where it comes from, for messages. */
export interface PlayedItem {
  readonly item: NewMemoryItem & { readonly createdAt: number }
  /** For example `line 12`. */
  readonly origin: string
}

/** What a demo plays. */
export interface Conversation {
  /** What it is, as the beginning of a sentence. */
  readonly title: string
  /** Rising by `createdAt`; within one time, as given. */
  readonly items: readonly PlayedItem[]
  /** The items of each session, in order. */
  readonly sessions: ReadonlyMap<string, readonly PlayedItem[]>
  readonly users: number
  /** What its longest session is asked in the end. Absent: what was said first in it, once more. */
  readonly question?: string
  /** Of the items as they are given, as JSON. */
  readonly jsonBytes: number
}

/** Puts items in order of time and by sessions. */
export function makeConversation(title: string, given: readonly PlayedItem[], question?: string): Conversation {
  const items = [...given].sort((a, b) => a.item.createdAt - b.item.createdAt)
  const sessions = Map.groupBy(items, ({ item }) => JSON.stringify([item.userId, item.sessionId]))
  return {
    title,
    items,
    sessions,
    users: new Set(items.map(({ item }) => item.userId)).size,
    ...(question !== undefined && { question }),
    jsonBytes: items.reduce((sum, { item }) => sum + Buffer.byteLength(JSON.stringify(item)), 0),
  }
}
