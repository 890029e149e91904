import { describe, it } from 'vitest'
import { inProcessDurableStore } from '../../src/stores/in-process/durable-store.ts'
import { inProcessHotStore } from '../../src/stores/in-process/hot-store.ts'
import {
  durableStoreSuite,
  faultyDurableStore,
  faultyHotStore,
  type HotStoreBounds,
  type HotStoreUnderTest,
  hotStoreSuite,
  ManualClock,
  randomFaults,
} from '../../src/testing/index.ts'
import { checkedDurableStore } from '../../src/tiers/checked-durable-store.ts'
import type { HotStore } from '../../src/tiers/hot-store.ts'
import { harmlessFaults } from './harmless-faults.ts'
import { inMemorySharedStore, SharedServer } from './in-memory-shared-store.ts'
import { retryingDurableStore } from './retrying-durable-store.ts'

const runner = { describe, it }

durableStoreSuite('in-process', { ...runner, createStore: () => ({ store: inProcessDurableStore() }) })

durableStoreSuite('in-process, checked', {
  ...runner,
  createStore: () => ({ store: checkedDurableStore(inProcessDurableStore()) }),
})

durableStoreSuite('in-process, behind no faults', {
  ...runner,
  createStore: () => ({ store: faultyDurableStore(inProcessDurableStore(), () => 'none') }),
})

durableStoreSuite('in-process, behind harmless faults', {
  ...runner,
  mayRepeat: true,
  createStore: () => ({ store: retryingDurableStore(faultyDurableStore(inProcessDurableStore(), harmlessFaults(1))) }),
})

hotStoreSuite('in-process', { ...runner, createStore: (bounds) => ({ store: inProcessHotStore(bounds) }) })

hotStoreSuite('in-process, behind no faults', {
  ...runner,
  createStore: (bounds) => ({ store: faultyHotStore(inProcessHotStore(bounds), () => 'none') }),
})

const RATES = [
  [1, 0.1],
  [2, 0.4],
] as const

for (const [seed, rate] of RATES) {
  hotStoreSuite(`in-process, forgetting ${rate * 100} % of the time`, {
    ...runner,
    mayForget: true,
    createStore: (bounds) => ({
      store: faultyHotStore(inProcessHotStore(bounds), randomFaults({ seed, rate, kinds: ['forget'] })),
    }),
  })
}

/** Two objects on one server, whose time the suite moves. */
function shared(bounds: HotStoreBounds, wrap = (store: HotStore): HotStore => store): HotStoreUnderTest {
  const clock = new ManualClock()
  const server = new SharedServer(clock)
  const [store, another] = [1, 2].map(() => wrap(inMemorySharedStore(server, bounds)))
  return { store: store!, another: another!, advanceTime: (ms) => clock.advance(ms) }
}

hotStoreSuite('in-memory shared', { ...runner, createStore: (bounds) => shared(bounds) })

hotStoreSuite('in-memory shared, behind no faults', {
  ...runner,
  createStore: (bounds) => shared(bounds, (store) => faultyHotStore(store, () => 'none')),
})

for (const [seed, rate] of RATES) {
  hotStoreSuite(`in-memory shared, forgetting ${rate * 100} % of the time`, {
    ...runner,
    mayForget: true,
    createStore: (bounds) =>
      shared(bounds, (store) => faultyHotStore(store, randomFaults({ seed, rate, kinds: ['forget'] }))),
  })
}
