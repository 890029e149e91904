import { inProcessDurableStore } from '../../src/stores/in-process/durable-store.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'

export interface FakeRemoteStore extends DurableStore {
  /** What a load does next. */
  answer: () => Promise<undefined>
  /** Loads that reached the service. */
  loads: number
  /** Loads under way at once, at most. */
  peak: number
}

/** A store that says it is remote, and whose loads do what a test says. */
export function fakeRemoteStore(remote = true): FakeRemoteStore {
  const store = inProcessDurableStore()
  let underWay = 0
  const fake: FakeRemoteStore = {
    name: 'fake',
    capabilities: { remote, persistent: false, outOfReach: [] },
    answer: async () => undefined,
    loads: 0,
    peak: 0,
    open: () => store.open(),
    close: () => store.close(),
    append: (...args) => store.append(...args),
    async load() {
      fake.loads += 1
      underWay += 1
      fake.peak = Math.max(fake.peak, underWay)
      try {
        return await fake.answer()
      } finally {
        underWay -= 1
      }
    },
    getSegment: (...args) => store.getSegment(...args),
    commit: (...args) => store.commit(...args),
    touch: (...args) => store.touch(...args),
    due: (...args) => store.due(...args),
    list: (...args) => store.list(...args),
  }
  return fake
}
