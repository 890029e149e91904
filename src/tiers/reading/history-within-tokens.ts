import type { MemoryItem } from '../../memory/memory-item.ts'
import { type SessionKey, stampOf } from '../../memory/session.ts'
import type { CountTokens } from '../tier-parts.ts'
import { arrange } from './history-pick.ts'
import type { ResolvedQuery } from './history-query.ts'
import type { ReadPath } from './read-path.ts'

// A few thousand tokens of ordinary messages; a larger budget takes several.
const CHUNK_ITEMS = 50

/** Items from one end of the window for as long as they fit a budget of tokens. Undefined: there is no such session. */
export async function historyWithinTokens(
  reads: ReadPath,
  key: SessionKey,
  query: ResolvedQuery,
  countTokens: CountTokens,
): Promise<readonly MemoryItem[] | undefined> {
  const isNewest = query.from === 'newest'
  const taken: MemoryItem[] = []
  let tokensLeft = query.maxTokens!
  let { window } = query
  const counted = new Set<string>()
  for (let isFirst = true; taken.length < query.limit; isFirst = false) {
    const limit = Math.min(CHUNK_ITEMS, query.limit - taken.length)
    const chunk = await reads.history(key, { ...query, window, limit, order: query.from, counted })
    if (chunk === undefined) return isFirst ? undefined : []
    const tokens = await countTokens(chunk)
    for (const [i, item] of chunk.entries()) {
      tokensLeft -= tokens[i]!
      if (tokensLeft < 0) return ordered(taken, query)
      taken.push(item)
    }
    if (chunk.length < limit) break
    const last = stampOf(chunk.at(-1)!.id)
    window = isNewest ? { ...window, before: last } : { ...window, after: last }
  }
  return ordered(taken, query)
}

/** They were taken from the end that the budget counts from. */
function ordered(taken: MemoryItem[], query: ResolvedQuery): readonly MemoryItem[] {
  return arrange(query.from === 'newest' ? taken.reverse() : taken, query)
}
