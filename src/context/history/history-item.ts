import { hash } from 'node:crypto'
import { FreeNames } from '../../lib/free-names.ts'
import type { MemoryItem, NewMemoryItem } from '../../memory/memory-item.ts'

/** An item of a history: as a memory gave it, or as it would be added to one. */
export type HistoryItem = MemoryItem | (NewMemoryItem & { readonly id?: string })

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

  /** The item itself where it is of a memory. An id that it has stays. */
  identify(item: HistoryItem): MemoryItem {
    if (item.id !== undefined) this.#names.take(item.id)
    if (isStored(item)) return item
    const { createdAt, expiresAt, idempotencyKey: _key, sequence: _sequence, after: _after, ...body } = item
    const expires = expiresAt === undefined ? Number.NaN : timeOf(expiresAt)
    return Object.freeze({
      ...body,
      id: item.id ?? this.#names.give(nameOf(item)),
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
  const { id, createdAt, expiresAt } = item
  return id !== undefined && typeof createdAt === 'number' && (expiresAt === undefined || typeof expiresAt === 'number')
}

function nameOf({ contentType, callId = '', content }: HistoryItem): string {
  return `#${hash('sha256', `${contentType}\n${callId}\n${content}`, 'base64url').slice(0, 22)}`
}

function timeOf(time: Date | number | string): number {
  return typeof time === 'number' ? time : new Date(time).getTime()
}
