import type { MemoryItem, NewMemoryItem } from '../../src/memory/memory-item.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'

export const CHAT: Readonly<{ userId: string; sessionId: string }> = Object.freeze({ userId: 'ada', sessionId: 'chat' })
export const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000

/** A message of the chat that all tests use, unless `more` says otherwise. */
export function message(content: string, more: Partial<NewMemoryItem> = {}): NewMemoryItem {
  return { ...CHAT, content, contentType: 'user_message', ...more }
}

/** Messages with these contents, as one call. */
export function addAll(
  memory: TieredStorageManager,
  contents: readonly string[],
  more: Partial<NewMemoryItem> = {},
): Promise<string[]> {
  return memory.addMemoryItems(contents.map((content) => message(content, more)))
}

/** `m1` to `m<count>`, or from another number on. */
export function numbered(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, i) => `m${i + from}`)
}

export function contents(items: readonly MemoryItem[]): string[] {
  return items.map(({ content }) => content)
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
