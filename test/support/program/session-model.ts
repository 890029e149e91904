import type { JsonObject } from '../../../src/memory/json.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { identifySession, parseItemId, type SessionKey } from '../../../src/memory/session.ts'
import { stampMs } from '../../../src/memory/stamp.ts'
import type { SessionAddress } from '../../../src/tiers/check-arguments.ts'
import type { HistoryQuery } from '../../../src/tiers/reading/history-query.ts'

/** What a program compares of an item. */
export interface ModelItem {
  readonly id: string
  readonly content: string
  readonly createdAt: number
  readonly metadata: JsonObject | undefined
  readonly expiresAt: number | undefined
}

/** What must become of an add that says where it belongs. */
export type Admission = 'stored' | 'erased' | 'either'

/** How far the stamps of a manager may be ahead of a clock: by what it has read, and by how far the clock was set back. */
export const MOST_AHEAD_MS: number = 10 * 60_000

/** What a session is, in its simplest form: a list that is sorted by id, and what must never come back to it. */
export class SessionModel {
  readonly address: SessionAddress & { readonly tenantId: string }
  readonly key: SessionKey
  exists = false
  metadata: JsonObject | undefined
  retentionDays: number | undefined
  createdAt = 0
  updatedAt = 0
  /** The latest that a refused add was made at: Firestore's one blind write moves `updatedAt` before it learns of the erasure. */
  refusedAt = 0
  /** Adds of items that were known already, which `items` of a session may count. */
  repeats = 0
  #items: ModelItem[] = []
  readonly #gone = new Set<string>()
  /** Where how much was erased depends on when something was packed, one end of it is not known. */
  #erasedTo = { atLeast: 0, atMost: 0 }

  constructor(tenantId: string, userId: string, sessionId: string) {
    this.address = Object.freeze({ tenantId, userId, sessionId })
    this.key = identifySession(this.address).key
  }

  /** Rising by id; expired ones too. */
  get items(): readonly ModelItem[] {
    return this.#items
  }

  alive(now: number): readonly ModelItem[] {
    return this.#items.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  }

  /** The item that a step means: one that is or was here. */
  idAt(index: number): string | undefined {
    const count = this.#items.length + this.#gone.size
    if (count === 0) return undefined
    const i = index % count
    return this.#items[i]?.id ?? [...this.#gone][i - this.#items.length]
  }

  find(id: string, now: number): ModelItem | undefined {
    return this.alive(now).find((item) => item.id === id)
  }

  knows(id: string): boolean {
    return this.#gone.has(id) || this.#items.some((item) => item.id === id)
  }

  admission(id: string): Admission {
    const ms = stampMs(parseItemId(id).stamp)
    if (ms <= this.#erasedTo.atLeast) return 'erased'
    return ms <= this.#erasedTo.atMost ? 'either' : 'stored'
  }

  /** What is learnt from the answer where it could be either. */
  admitted(id: string, isStored: boolean): void {
    const ms = stampMs(parseItemId(id).stamp)
    const { atLeast, atMost } = this.#erasedTo
    this.#erasedTo = isStored
      ? { atLeast, atMost: Math.min(atMost, ms - 1) }
      : { atLeast: Math.max(atLeast, ms), atMost }
    if (this.#erasedTo.atLeast > this.#erasedTo.atMost) this.#erasedTo.atMost = this.#erasedTo.atLeast
  }

  /** Adds an item, or nothing where it is known. */
  put(item: ModelItem): void {
    this.touch(item.createdAt)
    this.updatedAt = Math.max(this.updatedAt, item.createdAt)
    if (this.knows(item.id)) {
      this.repeats += 1
      return
    }
    this.#items.push(item)
    this.#items.sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** An add of something erased, which stores nothing and brings nothing back. */
  refuse(createdAt: number): void {
    if (this.exists) this.refusedAt = Math.max(this.refusedAt, createdAt)
  }

  /** It is there from now on, if it was not before. */
  touch(createdAt: number): void {
    if (this.exists) return
    this.exists = true
    this.createdAt = createdAt
    this.updatedAt = createdAt
    this.refusedAt = 0
  }

  change(id: string, change: Partial<ModelItem>): void {
    this.#items = this.#items.map((item) => (item.id === id ? { ...item, ...change } : item))
  }

  delete(id: string): void {
    this.#items = this.#items.filter((item) => item.id !== id)
    this.#gone.add(id)
  }

  /** What was made then or earlier goes for good. */
  cut(upTo: number): void {
    for (const { id } of this.#items) if (stampMs(parseItemId(id).stamp) <= upTo) this.delete(id)
    this.#erasedTo = {
      atLeast: Math.max(this.#erasedTo.atLeast, upTo),
      atMost: Math.max(this.#erasedTo.atMost, upTo),
    }
  }

  /** Nobody can see whether the same was done. */
  maybeCut(upTo: number): void {
    this.#erasedTo.atMost = Math.max(this.#erasedTo.atMost, upTo)
  }

  /** All of it goes, now. */
  erase(now: number): void {
    if (!this.exists) return
    const stamps = (ids: Iterable<string>) => Array.from(ids, (id) => stampMs(parseItemId(id).stamp))
    const gone = Math.max(now, ...stamps(this.#gone))
    this.cut(Math.max(now, ...stamps(this.#items.map(({ id }) => id))))
    this.maybeCut(Math.max(gone, now + MOST_AHEAD_MS))
    this.bury()
  }

  /** All that its user has added by now goes, also where the session is only made later. */
  eraseUser(now: number): void {
    this.erase(now)
    this.cut(now)
    this.maybeCut(now + MOST_AHEAD_MS)
  }

  /** The session itself goes; what it knew of is remembered. */
  bury(): void {
    for (const { id } of this.#items) this.delete(id)
    this.exists = false
    this.metadata = undefined
    this.retentionDays = undefined
    this.repeats = 0
  }

  history(query: HistoryQuery, now: number, tokensOf: (content: string) => number): readonly ModelItem[] {
    const inside = this.alive(now).filter(({ id }) => isAfter(id, query.after) && isBefore(id, query.before))
    const fromEnd = query.from === 'oldest' ? inside : inside.toReversed()
    const taken: ModelItem[] = []
    let tokensLeft = query.maxTokens ?? Number.POSITIVE_INFINITY
    for (const item of fromEnd.slice(0, query.limit)) {
      tokensLeft -= tokensOf(item.content)
      if (tokensLeft < 0) break
      taken.push(item)
    }
    return taken.sort((a, b) => (a.id < b.id === (query.order !== 'newest') ? -1 : 1))
  }
}

/** What a program compares of an item, as one text. */
export function textOf(item: Pick<MemoryItem | ModelItem, keyof ModelItem>): string {
  const { id, content, createdAt, metadata, expiresAt } = item
  return `${id} ${content} made ${createdAt} ${metadata === undefined ? '' : JSON.stringify(metadata)} until ${expiresAt}`
}

function isAfter(id: string, edge: string | Date | undefined): boolean {
  if (edge === undefined) return true
  return edge instanceof Date ? stampMs(parseItemId(id).stamp) >= edge.getTime() : id > edge
}

function isBefore(id: string, edge: string | Date | undefined): boolean {
  if (edge === undefined) return true
  return edge instanceof Date ? stampMs(parseItemId(id).stamp) < edge.getTime() : id < edge
}
