import type { MemoryItem } from '../../memory/memory-item.ts'
import type { ResolvedQuery } from './history-query.ts'

/** The items from `lo` to `hi` that are not expired, at most `limit` of them, counted from the end that is asked for. */
export function pick(
  items: readonly MemoryItem[],
  lo: number,
  hi: number,
  query: ResolvedQuery,
  now: number,
): MemoryItem[] {
  const take = (from: readonly MemoryItem[], first: number, end: number): MemoryItem[] =>
    query.from === 'newest'
      ? from.slice(Math.max(first, end - query.limit), end)
      : from.slice(first, Math.min(end, first + query.limit))
  const picked = take(items, lo, hi)
  if (!picked.some((item) => isExpired(item, now))) return picked
  const alive = items.slice(lo, hi).filter((item) => !isExpired(item, now))
  return take(alive, 0, alive.length)
}

/** In the order that was asked for, frozen: it is handed out. */
export function arrange(items: MemoryItem[], query: ResolvedQuery): readonly MemoryItem[] {
  return Object.freeze(query.order === 'newest' ? items.reverse() : items)
}

/** Index of the first item whose id is above `id`, or not below it if `orEqual`. */
export function firstAbove(items: readonly MemoryItem[], id: string, orEqual = false): number {
  let lo = 0
  let hi = items.length
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    const other = items[mid]!.id
    if (orEqual ? other < id : other <= id) lo = mid + 1
    else hi = mid
  }
  return lo
}

export function isExpired(item: { readonly expiresAt?: number }, now: number): boolean {
  return item.expiresAt !== undefined && item.expiresAt <= now
}
