import type { TokenCounter } from '../../src/context/index.ts'
import type { ItemBody, MemoryItem } from '../../src/memory/memory-item.ts'

let made = 0

/** A frozen item as a manager would give it. */
export function item(content: string, body: Partial<ItemBody> = {}): MemoryItem {
  made += 1
  return Object.freeze({
    id: `item-${made}`,
    tenantId: 'default',
    userId: 'ada',
    sessionId: 's1',
    contentType: 'user_message',
    createdAt: 1_760_000_000_000 + made,
    tier: 'hot',
    cached: false,
    accessCount: 0,
    content,
    ...body,
  })
}

/** A counter that is easy to reckon with: one token for four characters begun. */
export const quarterCounter: TokenCounter & { calls: number } = {
  name: 'quarter',
  exact: true,
  calls: 0,
  count(text: string): number {
    this.calls += 1
    return Math.ceil(text.length / 4)
  },
}

/** Content of that many tokens by {@link quarterCounter}. */
export function tokens(count: number): string {
  return 'abc '.repeat(count)
}

export function contents(items: readonly MemoryItem[]): string[] {
  return items.map(({ content }) => content)
}
