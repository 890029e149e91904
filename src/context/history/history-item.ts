import { hash } from 'node:crypto'
import { FreeNames } from '../../lib/free-names.ts'
import type { MemoryItem, NewMemoryItem } from '../../memory/memory-item.ts'

/** An item of a history: as a memory gave it, or as it would be added to one. */
export type HistoryItem = MemoryItem | NewMemoryItem

/**
 * Gives ids to items that no memory has given one: of what each says, so that the same conversation has the same ids
 * when it is handed in again, with more at its end. Those that say the same are numbered in their order.
 */
export class ItemIds {
  readonly #names = new FreeNames()
  readonly #now: number

  /** @param now When an item was said that doesn't say so */
  constructor(now: number) {
    this.#now = now
  }

  /** The item itself where it has an id. */
  identify(item: HistoryItem): MemoryItem {
    if (isStored(item)) {
      this.#names.take(item.id)
      return item
    }
    const { createdAt, expiresAt, idempotencyKey: _key, sequence: _sequence, after: _after, ...body } = item
    const said = hash('sha256', `${item.contentType}\n${item.callId ?? ''}\n${item.content}`, 'base64url')
    const expires = expiresAt === undefined ? Number.NaN : timeOf(expiresAt)
    return Object.freeze({
      ...body,
      id: this.#names.give(`#${said.slice(0, 22)}`),
      tenantId: item.tenantId ?? 'default',
      createdAt: (createdAt === undefined ? undefined : timeOf(createdAt)) || this.#now,
      ...(Number.isFinite(expires) && { expiresAt: expires }),
      tier: 'hot',
      cached: false,
      accessCount: 0,
    })
  }
}

function isStored(item: HistoryItem): item is MemoryItem {
  return (item as Partial<MemoryItem>).id !== undefined
}

function timeOf(time: Date | number | string): number {
  return typeof time === 'number' ? time : new Date(time).getTime()
}
