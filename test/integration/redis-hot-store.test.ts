import { afterAll, beforeAll, describe, it } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { type RedisCluster, startRedisCluster } from '../../emulators/redis-cluster.ts'
import { connectRedis } from '../../src/clients/ioredis.ts'
import { redisHotStore } from '../../src/stores/redis/hot-store.ts'
import { hotStoreSuite } from '../../src/testing/index.ts'

let single: RedisServer
let cluster: RedisCluster

beforeAll(async () => {
  ;[single, cluster] = await Promise.all([startRedis(), startRedisCluster()])
})

afterAll(async () => {
  await Promise.all([single?.stop(), cluster?.stop()])
})

const targets = {
  single: () => connectRedis({ redisHost: single.host, redisPort: single.port }),
  cluster: () => connectRedis({ cluster: cluster.addresses }),
}

for (const [name, connect] of Object.entries(targets)) {
  let tests = 0
  hotStoreSuite(`redis ${name}`, {
    ...{ describe, it },
    createStore: (bounds) => ({
      store: redisHotStore({ connect, keyPrefix: `test-${name}-${tests++}`, ...bounds }),
    }),
  })
}
