import type { DeferrableWork } from '../../lib/deferrable-work.ts'
import type { MemoryItem, NewMemoryItem } from '../../memory/memory-item.ts'

interface Session {
  readonly tenantId?: string
  readonly userId: string
  readonly sessionId: string
}

/** What a pruner asks of a memory: a `TieredStorageManager`, or what its `scoped()` gives. */
export interface SummaryMemory {
  /** Whether a summary has to wait, since the process is short of memory. */
  readonly relief?: { refuses(work: DeferrableWork): boolean }
  addMemoryItem(item: NewMemoryItem): Promise<string>
  deleteMemoryItem(id: string): Promise<boolean>
  getMemoryItem(id: string, options?: { readonly peek?: boolean }): Promise<MemoryItem | undefined>
  getConversationHistory(session: Session): Promise<readonly MemoryItem[]>
  iterateConversationHistory(session: Session): AsyncIterable<MemoryItem>
}
