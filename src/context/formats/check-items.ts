import { ThermoclineError } from '../../errors.ts'
import { kindOf } from '../../lib/check-names.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'

/** @throws ThermoclineError `INVALID_ARGUMENT` */
export function checkItems(items: unknown): readonly MemoryItem[] {
  const place = Array.isArray(items) ? items.findIndex((item) => !isItem(item)) : -1
  if (Array.isArray(items) && place < 0) return items as readonly MemoryItem[]
  const received = Array.isArray(items) ? `${kindOf(items[place])} at place ${place}` : kindOf(items)
  throw new ThermoclineError(
    'INVALID_ARGUMENT',
    `Cannot make messages: expected an array of memory items: received ${received}`,
  )
}

function isItem(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return false
  const { content, contentType } = item as { content?: unknown; contentType?: unknown }
  return typeof content === 'string' && typeof contentType === 'string'
}
