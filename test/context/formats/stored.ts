import type { MemoryItem, NewMemoryItem } from '../../../src/memory/memory-item.ts'
import { item } from '../items.ts'

export const SESSION = { userId: 'ada', sessionId: 's1' }

/** Items as a memory would give them back. */
export function stored(items: readonly NewMemoryItem[]): MemoryItem[] {
  return items.map(({ content, contentType, callId, payload }) =>
    item(content, { contentType, ...(callId !== undefined && { callId }), ...(payload && { payload }) }),
  )
}

/** The same items as clipping or hand-made ones are: by content alone. */
export function withoutPayload(items: readonly MemoryItem[]): MemoryItem[] {
  return items.map(({ payload: _, ...rest }) => rest)
}

/** What matters of most items. */
export function brief({ contentType, content, callId }: MemoryItem | NewMemoryItem): unknown[] {
  return callId === undefined ? [contentType, content] : [contentType, content, callId]
}
