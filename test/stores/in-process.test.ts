import { describe, it } from 'vitest'
import { inProcessDurableStore } from '../../src/stores/in-process/durable-store.ts'
import { inProcessHotStore } from '../../src/stores/in-process/hot-store.ts'
import {
  durableStoreSuite,
  faultyDurableStore,
  faultyHotStore,
  hotStoreSuite,
  randomFaults,
} from '../../src/testing/index.ts'
import { checkedDurableStore } from '../../src/tiers/checked-durable-store.ts'
import { harmlessFaults } from './harmless-faults.ts'
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

for (const [seed, rate] of [
  [1, 0.1],
  [2, 0.4],
] as const) {
  hotStoreSuite(`in-process, forgetting ${rate * 100} % of the time`, {
    ...runner,
    mayForget: true,
    createStore: (bounds) => ({
      store: faultyHotStore(inProcessHotStore(bounds), randomFaults({ seed, rate, kinds: ['forget'] })),
    }),
  })
}
