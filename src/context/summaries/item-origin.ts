import type { MemoryItem } from '../../memory/memory-item.ts'

/** Who an item's content comes from, the most trusted first. */
const ORIGINS = ['system', 'user', 'note', 'assistant', 'tool', 'web', 'untrusted'] as const

export type ItemOrigin = (typeof ORIGINS)[number]

const BY_TYPE: ReadonlyMap<string, ItemOrigin> = new Map([
  ['system_message', 'system'],
  ['user_message', 'user'],
  ['assistant_message', 'assistant'],
  ['tool_call', 'assistant'],
  ['tool_result', 'tool'],
])

/** What the caller says in `metadata.trust` and `metadata.origin`, else what the content type says. */
export function originOf({ contentType, metadata }: Pick<MemoryItem, 'contentType' | 'metadata'>): ItemOrigin {
  const said = metadata?.origin
  if (said === 'web' || said === 'tool' || said === 'untrusted') return said
  const byType = BY_TYPE.get(contentType) ?? 'note'
  return metadata?.trust === 'untrusted' && byType !== 'tool' ? 'untrusted' : byType
}

/**
 * Whether an item's content was written by somebody outside of the conversation: a tool result, an item with
 * `metadata.origin` of `web`, `tool` or `untrusted`, or with `metadata.trust` of `untrusted`. What a user pasted, or an
 * assistant repeated, can't be told apart from their own words unless the caller says so.
 */
export function isUntrusted(item: Pick<MemoryItem, 'contentType' | 'metadata'>): boolean {
  return isUntrustedOrigin(originOf(item))
}

export function isUntrustedOrigin(origin: ItemOrigin): boolean {
  return origin === 'tool' || origin === 'web' || origin === 'untrusted'
}

export function isItemOrigin(word: string): word is ItemOrigin {
  return (ORIGINS as readonly string[]).includes(word)
}

/** @param origins at least one */
export function leastTrusted(origins: Iterable<ItemOrigin>): ItemOrigin {
  return ORIGINS[Math.max(...[...origins].map((origin) => ORIGINS.indexOf(origin)))]!
}
