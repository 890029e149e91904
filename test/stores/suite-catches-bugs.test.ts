import { describe, expect, it } from 'vitest'
import { inProcessDurableStore } from '../../src/stores/in-process/durable-store.ts'
import { inProcessHotStore } from '../../src/stores/in-process/hot-store.ts'
import { durableStoreSuite, type HotStoreBounds, hotStoreSuite } from '../../src/testing/index.ts'
import { APPEND_AND_LOAD_BUGS } from './append-and-load-bugs.ts'
import { withBug } from './buggy-durable-store.ts'
import { COMMIT_BUGS } from './commit-bugs.ts'
import { HOT_STORE_BUGS, withHotBug } from './hot-store-bugs.ts'
import { PAGE_AND_CHANGE_BUGS } from './page-and-change-bugs.ts'
import { failuresOf } from './run-suite.ts'
import { SHARED_HOT_STORE_BUGS, withSharedBug } from './shared-hot-store-bugs.ts'

describe('the suite of durable stores', () => {
  it('finds nothing in a store without a bug', async () => {
    for (const createStore of [() => ({ store: inProcessDurableStore() }), () => ({ store: withBug(() => ({})) })]) {
      const { ran, failed } = await failuresOf((runner) => durableStoreSuite('sound', { ...runner, createStore }))
      expect(failed).toEqual([])
      expect(ran).toBeGreaterThan(50)
    }
  })

  it.each(Object.entries({ ...APPEND_AND_LOAD_BUGS, ...COMMIT_BUGS, ...PAGE_AND_CHANGE_BUGS }))(
    'catches: %s',
    async (_, [topic, bug]) => {
      const { failed } = await failuresOf((runner) =>
        durableStoreSuite('buggy', { ...runner, createStore: () => ({ store: withBug(bug) }) }),
      )
      expect(failed.map((name) => name.split(' > ')[0])).toContain(topic)
    },
  )
})

describe('the suite of hot stores', () => {
  it('finds nothing in a store without a bug', async () => {
    const makers = [
      (bounds: HotStoreBounds) => ({ store: inProcessHotStore(bounds) }),
      (bounds: HotStoreBounds) => ({ store: withHotBug(() => ({}), bounds) }),
      (bounds: HotStoreBounds) => withSharedBug(() => ({}), bounds),
    ]
    for (const createStore of makers) {
      const { ran, failed } = await failuresOf((runner) => hotStoreSuite('sound', { ...runner, createStore }))
      expect(failed).toEqual([])
      expect(ran).toBeGreaterThan(60)
    }
  })

  it.each(Object.entries(HOT_STORE_BUGS))('catches: %s', async (_, [topic, bug]) => {
    const { failed } = await failuresOf((runner) =>
      hotStoreSuite('buggy', { ...runner, createStore: (bounds) => ({ store: withHotBug(bug, bounds) }) }),
    )
    expect(failed.map((name) => name.split(' > ')[0])).toContain(topic)
  })

  it.each(Object.entries(SHARED_HOT_STORE_BUGS))('catches in a shared store: %s', async (_, [topic, bug]) => {
    const { failed } = await failuresOf((runner) =>
      hotStoreSuite('buggy', { ...runner, createStore: (bounds) => withSharedBug(bug, bounds) }),
    )
    expect(failed.map((name) => name.split(' > ')[0])).toContain(topic)
  })
})
