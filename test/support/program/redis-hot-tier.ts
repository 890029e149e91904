import type { RedisAddress } from '../../../src/clients/ioredis.ts'
import { connectRedis } from '../../../src/clients/ioredis.ts'
import { redisHotStore } from '../../../src/stores/redis/hot-store.ts'
import type { MakeHot } from '../place.ts'

/**
 * Hot tiers on one Redis, each under keys of its own. Their managers should keep nothing in the process: what another
 * manager changes is told to it a moment later, and programs don't wait.
 */
export function redisHotTiers({ host, port }: RedisAddress): () => MakeHot {
  let count = 0
  return () => {
    count += 1
    const keyPrefix = `program-${count}`
    return (clock) =>
      redisHotStore({ connect: () => connectRedis({ redisHost: host, redisPort: port }), keyPrefix, clock })
  }
}
