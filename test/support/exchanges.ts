import type { MemoryItem } from '../../src/memory/memory-item.ts'

/**
 * What of a history belongs together, by reading it once: calls that stand together, and with them what has the `callId`
 * of one of them (the newest of that id) or, as a result without one, follows a call without one. Each other item is by
 * itself.
 */
export function exchangesOf(history: readonly MemoryItem[]): readonly (readonly MemoryItem[])[] {
  const exchanges: MemoryItem[][] = []
  const newestOf = new Map<string, MemoryItem[]>()
  let before: MemoryItem | undefined
  let last: MemoryItem[] = []
  for (const item of history) {
    const callId = item.callId ?? ''
    const isCall = item.contentType === 'tool_call'
    const isPart = isCall || item.contentType === 'tool_result' || item.callId !== undefined
    const found = isCall && before?.contentType === 'tool_call' ? last : isCall ? undefined : newestOf.get(callId)
    const exchange: MemoryItem[] = (isPart ? found : undefined) ?? []
    if (exchange.length === 0) exchanges.push(exchange)
    exchange.push(item)
    if (isCall || (isPart && found === undefined)) newestOf.set(callId, exchange)
    before = item
    last = exchange
  }
  return exchanges
}
