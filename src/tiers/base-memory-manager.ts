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
  /** Everything of the scope; a user's sessions all, where no session is named. */
  erase(scope: Omit<BaseMemoryScope, 'sessionId'> & { readonly sessionId?: string }): Promise<void>
}

export interface BaseMemoryScope {
  readonly tenantId: string
  readonly userId: string
  readonly sessionId: string
}
