import { ThermoclineError } from '../errors.ts'
import type { MemoryItem, NewMemoryItem } from '../memory/memory-item.ts'
import {
  identifySession,
  isOwnedBy,
  type Owner,
  ownerTag,
  parseItemId,
  type SessionIdentity,
} from '../memory/session.ts'
import type { EraseReceipt } from './changing/erase-jobs.ts'
import { checkList, type RestoreReport } from './check-arguments.ts'
import type { Engine } from './engine.ts'
import { MemoryCalls } from './memory-calls.ts'
import type { MemoryRelief } from './memory-relief.ts'
import type { ItemReadOptions } from './reading/history-query.ts'
import type { ListedSessions, SessionPageOptions } from './reading/sessions.ts'
import type { TierCounts } from './reading/tier-counts.ts'

/** A new item of an owner that the scope knows already. */
export type ScopedNewItem = Omit<NewMemoryItem, 'tenantId' | 'userId'>

/** The calls of a manager for one (tenant, user). Ids of others are refused before any store is asked. */
export class ScopedMemory extends MemoryCalls<{ readonly sessionId: string }, object> {
  readonly tenantId: string
  readonly userId: string
  /** What has to wait while the process is short of memory. */
  readonly relief: Pick<MemoryRelief, 'refuses'>
  readonly #open: () => Promise<Engine>
  readonly #tag: string

  constructor(open: () => Promise<Engine>, owner: Owner, relief: MemoryRelief) {
    super()
    this.relief = Object.freeze({ refuses: relief.refuses.bind(relief) })
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
    return (await this.#open()).addAll(checkList(items).map((item) => this.#own(item)))
  }

  /** @throws ThermoclineError as `TieredStorageManager.restoreMemoryItems`; `OUT_OF_SCOPE` for an id of somebody else */
  async restoreMemoryItems(items: readonly MemoryItem[]): Promise<RestoreReport> {
    return (await this.#open()).restore(checkList(items).map((item) => ({ ...item, ...this.#names() })))
  }

  /** @throws ThermoclineError `OUT_OF_SCOPE` for an item of somebody else, `INVALID_ID`, `STORE_…` */
  async getMemoryItem(id: string, options?: ItemReadOptions): Promise<MemoryItem | undefined> {
    this.ownerOfItem(id)
    const item = await (await this.#open()).get(id, options)
    if (item !== undefined && !isOwnedBy(item, this)) throw outOfScope()
    return item
  }

  override listSessions(options: SessionPageOptions = {}): Promise<ListedSessions> {
    return super.listSessions(options)
  }

  override getTierCounts(): Promise<TierCounts> {
    return super.getTierCounts({})
  }

  override eraseUser(): Promise<EraseReceipt> {
    return super.eraseUser({})
  }

  protected override refuse(): void {}

  protected override open(): Promise<Engine> {
    return this.#open()
  }

  protected override session({ sessionId }: { readonly sessionId: string }): SessionIdentity {
    return identifySession({ ...this.#names(), sessionId })
  }

  protected override owner(): Owner {
    return this.#names()
  }

  protected override ownerOfItem(id: string): Owner {
    // The tag is 50 bits of a hash: enough to refuse without asking, and what is found is compared in clear.
    if (!parseItemId(id).key.startsWith(this.#tag)) throw outOfScope()
    return this.#names()
  }

  #own(item: ScopedNewItem): NewMemoryItem {
    // Last, so that an item from outside can't name another owner.
    return { ...item, ...this.#names() }
  }

  #names(): Owner {
    return { tenantId: this.tenantId, userId: this.userId }
  }
}

function outOfScope(): ThermoclineError {
  return new ThermoclineError('OUT_OF_SCOPE', 'Cannot use item: it belongs to another tenant or user')
}
