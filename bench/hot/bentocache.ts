import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisDriver } from 'bentocache/drivers/redis'
import type { Redis } from 'ioredis'

export interface PeerCaches {
  /** Room for one value in the process: of many sessions read in turn, none is there. */
  readonly cold: PeerCache
  /** As it comes: the process keeps values as JSON. */
  readonly inProcess: PeerCache
  /** The process keeps values as they are. */
  readonly inProcessUnserialized: PeerCache
}

export interface PeerCache {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<void>
}

/** bentocache with memory over Redis, through the client it is given. */
export function peerCaches(connection: Redis): PeerCaches {
  const cache = (memory: Parameters<typeof memoryDriver>[0]): PeerCache => {
    // It was written for ioredis 5, whose `Redis` has the methods that it calls.
    const l2 = redisDriver({ connection: connection as never })
    const bento = new BentoCache({
      default: 'layered',
      prefix: 'bentocache',
      ttl: '1h',
      stores: { layered: bentostore().useL1Layer(memoryDriver(memory)).useL2Layer(l2) },
    })
    return {
      get: (key) => bento.get({ key }),
      set: async (key, value) => {
        await bento.set({ key, value })
      },
    }
  }
  return {
    cold: cache({ maxItems: 1 }),
    inProcess: cache({ maxItems: 1000 }),
    inProcessUnserialized: cache({ maxItems: 1000, serialize: false }),
  }
}
