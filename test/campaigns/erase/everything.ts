import { NEVER } from '../../../src/memory/record.ts'
import { decodeSegment } from '../../../src/memory/segment-format/index.ts'
import { SHARD_COUNT } from '../../../src/memory/session.ts'
import { sqliteDurableStore } from '../../../src/stores/sqlite/durable-store.ts'
import { openMemory } from './traffic.ts'

/** All that a file holds, as text, past all of our code but the store and the decoder of segments. */
export async function everythingStored(file: string): Promise<string> {
  const store = sqliteDurableStore({ path: file })
  await store.open()
  try {
    const texts: string[] = []
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      for (const { key } of (await store.due(shard, NEVER, undefined, 100_000)).sessions) {
        const record = (await store.load(key))!
        texts.push(JSON.stringify({ ...record, overlay: [...record.overlay] }))
        for (const { id, inline } of record.segments) {
          const bytes = inline ?? (await store.getSegment(key, id))
          if (bytes !== undefined) texts.push(JSON.stringify(await decodeSegment(bytes)))
        }
      }
    }
    return texts.join('\n')
  } finally {
    await store.close()
  }
}

/** All that a manager gives, as an export would write it. */
export async function everythingReadable(file: string, aheadMs: number): Promise<string> {
  await using memory = openMemory(file, aheadMs)
  const lines: string[] = []
  for await (const info of memory.iterateSessions()) {
    const { tenantId, userId, sessionId } = info
    lines.push(JSON.stringify(info))
    for await (const item of memory.iterateConversationHistory({ tenantId, userId, sessionId, peek: true })) {
      lines.push(JSON.stringify(item))
    }
  }
  return lines.join('\n')
}
