import { isThermoclineError, type TieredStorageManagerOptions } from '../index.ts'
import { redisReason, serverInfo, sessionKeys, withRedis } from './redis-link.ts'

/** What Redis holds of a memory, or why it does not say. */
export type RedisFacts =
  | {
      readonly isReachable: true
      /** Copies of sessions of this memory. */
      readonly sessions: number
      /** Of all that the servers hold, and where they begin to evict; 0 is no limit. */
      readonly usedBytes: number
      readonly maxBytes: number
      readonly policy: string
    }
  | { readonly isReachable: false; readonly reason: string }

export async function redisFacts(options: TieredStorageManagerOptions): Promise<RedisFacts> {
  try {
    return await withRedis(options, async (link) => {
      const infos = await Promise.all(link.servers().map(serverInfo))
      const sum = (name: string): number => infos.reduce((total, info) => total + Number(info.get(name) ?? 0), 0)
      let sessions = 0
      for await (const names of sessionKeys(link)) sessions += names.length
      const policy = infos[0]?.get('maxmemory_policy') ?? 'unknown'
      return { isReachable: true, sessions, usedBytes: sum('used_memory'), maxBytes: sum('maxmemory'), policy }
    })
  } catch (error) {
    if (isThermoclineError(error, 'PEER_MISSING')) throw error
    return { isReachable: false, reason: redisReason(error) }
  }
}
