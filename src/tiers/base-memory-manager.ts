import { ThermoclineError } from '../errors.ts'
import type { MemoryItem } from '../memory/memory-item.ts'

/**
 * The caller's own persistent store, if there is one. It is written with every add, after ours; it is read only where
 * we have nothing.
 */
export interface BaseMemoryManager {
  /** Called before anything else; must be harmless when called twice. */
  initialize(): Promise<void>
  add(items: readonly MemoryItem[]): Promise<void>
  get(id: string): Promise<MemoryItem | undefined>
  /** Oldest first. */
  history(scope: BaseMemoryScope): Promise<readonly MemoryItem[]>
  /** An item has changed. Without it, the store keeps the item as it was added. */
  update?(item: MemoryItem): Promise<void>
  /** Items were deleted. Without it, the store keeps them. */
  delete?(ids: readonly string[]): Promise<void>
  /** Everything of the scope; a user's sessions all, where no session is named. */
  erase(scope: Omit<BaseMemoryScope, 'sessionId'> & { readonly sessionId?: string }): Promise<void>
}

export interface BaseMemoryScope {
  readonly tenantId: string
  readonly userId: string
  readonly sessionId: string
}

/** A call of the caller's own store, with its errors in our terms. */
export async function callBase<T>(method: string, body: () => T | Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (cause) {
    throw new ThermoclineError('BASE_MEMORY_FAILED', `Cannot ${method} in the base memory manager: it failed`, {
      cause,
    })
  }
}
