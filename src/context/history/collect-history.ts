import { ThermoclineError } from '../../errors.ts'
import { kindOf } from '../../lib/check-names.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { throwIfAborted } from '../abort.ts'

/** The items of a conversation, oldest first: an array, or anything that gives them one by one. */
export type History = Iterable<MemoryItem> | AsyncIterable<MemoryItem>

/** @throws ThermoclineError `INVALID_ARGUMENT` for what is not a history, `ABORTED` */
export async function collectHistory(history: History, signal: AbortSignal | undefined): Promise<MemoryItem[]> {
  if (!isIterable(history)) {
    throw new ThermoclineError(
      'INVALID_ARGUMENT',
      `Cannot prune history: expected memory items in an array or an (async) iterable: received ${history instanceof Promise ? 'a Promise; is an await missing?' : kindOf(history)}`,
    )
  }
  const items: MemoryItem[] = []
  if (Symbol.asyncIterator in history) {
    for await (const item of history) {
      throwIfAborted(signal)
      items.push(checkItem(item, items.length))
    }
  } else for (const item of history) items.push(checkItem(item, items.length))
  return items
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
}

function checkItem(item: unknown, place: number): MemoryItem {
  const missing =
    typeof item === 'object' && item !== null
      ? (['id', 'content', 'contentType'] as const).find((name) => typeof Reflect.get(item, name) !== 'string')
      : 'id'
  if (missing === undefined) return item as MemoryItem
  throw new ThermoclineError(
    'INVALID_ARGUMENT',
    `Cannot prune history: expected a memory item with text as its ${missing} at place ${place}: received ${kindOf(item)}`,
    { details: { place, missing } },
  )
}
