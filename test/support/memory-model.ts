import { expect } from 'vitest'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import { parseItemId } from '../../src/memory/session.ts'
import { stampMs } from '../../src/memory/stamp.ts'
import type { HistoryQuery } from '../../src/tiers/history-query.ts'

export interface ModelItem {
  readonly id: string
  readonly content: string
  readonly expiresAt: number | undefined
}

/** What a conversation memory is, in its simplest form: per session, a list that is sorted by id. */
export class MemoryModel {
  readonly #sessions = new Map<string, ModelItem[]>()

  items(sessionId: string): readonly ModelItem[] {
    return this.#sessions.get(sessionId) ?? []
  }

  /** A new item without an idempotency key sorts after all that was acknowledged. */
  appended(sessionId: string, item: ModelItem, acknowledged: number): void {
    const items = this.#list(sessionId)
    const newest = items[acknowledged - 1]?.id ?? ''
    expect(item.id > newest, `${item.content} sorts before what was acknowledged earlier`).toBe(true)
    this.#put(items, item)
  }

  /** An item with a key sorts by its `createdAt`, and counts once however often it is added. */
  keyed(sessionId: string, item: ModelItem, createdAt: number): void {
    expect(stampMs(parseItemId(item.id).stamp)).toBe(createdAt)
    const items = this.#list(sessionId)
    if (!items.some(({ id }) => id === item.id)) this.#put(items, item)
  }

  history(sessionId: string, query: HistoryQuery, now: number): readonly string[] {
    const items = this.items(sessionId).filter(
      (item) => isAlive(item, now) && isAfter(item.id, query.after) && isBefore(item.id, query.before),
    )
    const limit = query.limit ?? items.length
    const taken = query.from === 'oldest' ? items.slice(0, limit) : items.slice(Math.max(0, items.length - limit))
    const contents = taken.map(({ content }) => content)
    return query.order === 'newest' ? contents.reverse() : contents
  }

  get(sessionId: string, id: string, now: number): string | undefined {
    const item = this.items(sessionId).find((candidate) => candidate.id === id)
    return item !== undefined && isAlive(item, now) ? item.content : undefined
  }

  #list(sessionId: string): ModelItem[] {
    const items = this.#sessions.get(sessionId) ?? []
    this.#sessions.set(sessionId, items)
    return items
  }

  #put(items: ModelItem[], item: ModelItem): void {
    items.push(item)
    items.sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}

/** What an item says of itself that does not depend on when and whence it was read. */
export function textOf({ id, content }: Pick<MemoryItem, 'id' | 'content'>): string {
  return `${id} ${content}`
}

function isAlive(item: ModelItem, now: number): boolean {
  return item.expiresAt === undefined || item.expiresAt > now
}

function isAfter(id: string, edge: string | Date | undefined): boolean {
  if (edge === undefined) return true
  return edge instanceof Date ? stampMs(parseItemId(id).stamp) >= edge.getTime() : id > edge
}

function isBefore(id: string, edge: string | Date | undefined): boolean {
  if (edge === undefined) return true
  return edge instanceof Date ? stampMs(parseItemId(id).stamp) < edge.getTime() : id < edge
}
