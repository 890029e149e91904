import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { type RedisCluster, startRedisCluster } from '../../emulators/redis-cluster.ts'
import { connectRedis } from '../../src/clients/ioredis.ts'
import { inProcessHotStore } from '../../src/stores/in-process/hot-store.ts'
import { redisHotStore } from '../../src/stores/redis/hot-store.ts'
import { faultyHotStore, type HotStoreBounds, hotStoreSuite, randomFaults } from '../../src/testing/index.ts'
import { checkedHotStore } from '../../src/tiers/hot/checked-hot-store.ts'
import { layeredHotStore } from '../../src/tiers/hot/layered-hot-store.ts'
import type { HotStore } from '../../src/tiers/hot-store.ts'

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
type Target = keyof typeof targets

let tests = 0

/** Runs the suite with two store objects on the same keys. */
function suite(
  name: string,
  target: Target,
  wrap: (store: HotStore, bounds: HotStoreBounds) => HotStore,
  more: { readonly mayForget?: boolean; readonly canWait?: boolean; readonly isAlone?: boolean } = {},
): void {
  hotStoreSuite(`redis ${target}${name}`, {
    describe,
    it,
    ...(more.mayForget && { mayForget: true }),
    createStore: (bounds) => {
      tests += 1
      const keyPrefix = `test-${tests}`
      const make = () => wrap(redisHotStore({ connect: targets[target], keyPrefix, ...bounds }), bounds)
      return {
        store: make(),
        ...(more.isAlone !== true && { another: make() }),
        // The server's own clock decides, and nobody can move it: one target really waits.
        ...(more.canWait && { advanceTime: (ms: number) => delay(ms) }),
      }
    },
  })
}

for (const target of ['single', 'cluster'] as const) {
  suite('', target, (store) => store, { canWait: target === 'single' })
  suite(', checked, under one in the process', target, (store, bounds) =>
    layeredHotStore(inProcessHotStore(bounds), checkedHotStore(store)),
  )
  suite(', behind no faults', target, (store) => faultyHotStore(store, () => 'none'))
  suite(
    ', forgetting 20 % of the time',
    target,
    (store) => faultyHotStore(store, randomFaults({ seed: 1, rate: 0.2, kinds: ['forget'] })),
    { mayForget: true },
  )
  suite(
    ', checked, with calls that fail and replies that are lost',
    target,
    (store) => {
      const faults = randomFaults({ seed: 2, rate: 0.2, kinds: ['refuse', 'lose-reply'] })
      return checkedHotStore(faultyHotStore(store, faults), { probeEveryMs: 1 })
    },
    // What one could not tell, another hears only when the copy has to be proven.
    { mayForget: true, isAlone: true },
  )
}
