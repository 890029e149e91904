import { ThermoclineError } from '../errors.ts'
import type { MemoryItem, NewMemoryItem } from '../memory/memory-item.ts'
import { identifySession, type Owner, ownerTag, parseItemId, type SessionIdentity } from '../memory/session.ts'
import type { Engine } from './engine.ts'
import type { HistoryQuery } from './history-query.ts'

/** A new item of an owner that the scope knows already. */
export type ScopedNewItem = Omit<NewMemoryItem, 'tenantId' | 'userId'>

/** The calls of a manager for one (tenant, user). Ids of others are refused before any store is asked. */
export class ScopedMemory {
  readonly tenantId: string
  readonly userId: string
  readonly #open: () => Promise<Engine>
  readonly #tag: string

  constructor(open: () => Promise<Engine>, owner: Owner) {
    this.#open = open
    this.tenantId = owner.tenantId
    this.userId = owner.userId
    this.#tag = ownerTag(owner)
  }

  /** @throws ThermoclineError as `TieredStorageManager.addMemoryItem` */
  async addMemoryItem(item: ScopedNewItem): Promise<string> {
    return (await this.#open()).add(this.#own(item))
  }

  /** @throws ThermoclineError as `TieredStorageManager.addMemoryItem` */
  async addMemoryItems(items: readonly ScopedNewItem[]): Promise<string[]> {
    return (await this.#open()).addAll(items.map((item) => this.#own(item)))
  }

  /** @throws ThermoclineError `OUT_OF_SCOPE` for an item of somebody else, `INVALID_ID`, `STORE_…` */
  async getMemoryItem(id: string, options?: { readonly read?: 'cached' | 'strong' }): Promise<MemoryItem | undefined> {
    // The tag is 50 bits of a hash: enough to refuse without asking, and what is found is compared in clear below.
    if (!parseItemId(id).key.startsWith(this.#tag)) throw outOfScope()
    const item = await (await this.#open()).get(id, options?.read === 'strong')
    if (item !== undefined && (item.tenantId !== this.tenantId || item.userId !== this.userId)) throw outOfScope()
    return item
  }

  /** @throws ThermoclineError as `TieredStorageManager.getConversationHistory` */
  async getConversationHistory(query: { readonly sessionId: string } & HistoryQuery): Promise<readonly MemoryItem[]> {
    return (await this.#open()).history(this.#session(query.sessionId), query)
  }

  /** @throws ThermoclineError as `TieredStorageManager.getConversationHistory` */
  async *iterateConversationHistory(
    query: { readonly sessionId: string } & HistoryQuery,
  ): AsyncGenerator<MemoryItem, void, undefined> {
    const session = this.#session(query.sessionId)
    yield* (await this.#open()).iterate(session, query)
  }

  /** See `TieredStorageManager.promote`. */
  async promote(address: { readonly sessionId: string }): Promise<boolean> {
    return (await this.#open()).promote(this.#session(address.sessionId))
  }

  /** See `TieredStorageManager.demote`. */
  async demote(address: { readonly sessionId: string }, to: 'warm' | 'cold' = 'cold'): Promise<boolean> {
    return (await this.#open()).demote(this.#session(address.sessionId), to)
  }

  #own(item: ScopedNewItem): NewMemoryItem {
    // Last, so that an item from outside can't name another owner.
    return { ...item, tenantId: this.tenantId, userId: this.userId }
  }

  #session(sessionId: string): SessionIdentity {
    return identifySession({ tenantId: this.tenantId, userId: this.userId, sessionId })
  }
}

function outOfScope(): ThermoclineError {
  return new ThermoclineError('OUT_OF_SCOPE', 'Cannot read item: it belongs to another tenant or user')
}
