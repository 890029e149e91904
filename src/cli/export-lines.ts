import type { MemoryItem, SessionInfo, TieredStorageManager } from '../index.ts'
import { toJson } from './json-output.ts'

const VERSION = 1

/** What {@link exportLines} has given so far. */
export interface ExportCount {
  sessions: number
  items: number
}

/**
 * Sessions as lines of JSON, which `import` reads: a line that says what it is, then for each session a line about it
 * and one for each of its items, in order. However long they are, little of them is held. It is no read of the items.
 *
 * @param count is kept up to date on the way
 */
export async function* exportLines(
  memory: TieredStorageManager,
  sessions: AsyncIterable<SessionInfo>,
  exportedAt: Date,
  count: ExportCount,
): AsyncGenerator<string, void, undefined> {
  yield toJson({ thermocline: 'export', version: VERSION, exportedAt: exportedAt.toISOString() })
  for await (const info of sessions) {
    const { tenantId, userId, sessionId, metadata, retentionDays } = info
    // What is not there is left out by JSON.
    yield toJson({ session: { tenantId, userId, sessionId, metadata, retentionDays } })
    count.sessions += 1
    for await (const item of memory.iterateConversationHistory({ tenantId, userId, sessionId, peek: true })) {
      yield toJson(withoutState(item))
      count.items += 1
    }
  }
}

/** What an item is, without where this store happens to keep it. */
function withoutState(item: MemoryItem): Partial<MemoryItem> {
  const { tier: _tier, cached: _cached, lastAccessedAt: _last, accessCount: _count, ...rest } = item
  return rest
}
