import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisLRUCache, TieredStorageManager } from '../../dist/index.js'
import { MemoryProfiler } from '../../dist/telemetry/index.js'
import { startRedis } from '../../emulators/redis.ts'

const ITEMS = 200

export interface WatchedMemory {
  readonly memory: TieredStorageManager
  /** Looks once a second, once it is started. */
  readonly profiler: MemoryProfiler
  readonly session: { readonly userId: string; readonly sessionId: string }
  readonly ids: readonly string[]
  close(): Promise<void>
}

/** A manager with a session in Redis and in the process, and a profiler that isn't started. */
export async function openWatchedMemory(): Promise<WatchedMemory> {
  const folder = mkdtempSync(join(tmpdir(), 'thermocline-bench-'))
  const redis = await startRedis()
  const address = { redisHost: redis.host, redisPort: redis.port }
  const memory = new TieredStorageManager({
    path: join(folder, 'ours.db'),
    tierMigrationInterval: 0,
    hotCalls: { timeoutMs: 2_000 },
    ...address,
  })
  const cache = new RedisLRUCache({ ...address })
  await cache.connect()
  const session = { userId: 'user', sessionId: 'session' }
  const ids = await memory.addMemoryItems(
    Array.from({ length: ITEMS }, (_, i) => ({
      ...session,
      content: `Message ${i} of ${ITEMS}.`,
      contentType: 'text',
    })),
  )
  await memory.getConversationHistory(session)
  const profiler = new MemoryProfiler({ profilingInterval: 1, env: {} })
  profiler.setTieredStorage(memory)
  profiler.setRedisCache(cache)
  return {
    ...{ memory, profiler, session, ids },
    async close() {
      await cache.close()
      await memory.close()
      await redis.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
