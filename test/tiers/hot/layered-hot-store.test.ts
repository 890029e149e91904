import { describe, expect, it } from 'vitest'
import type { SessionIdentity, SessionKey } from '../../../src/memory/session.ts'
import { inProcessHotStore } from '../../../src/stores/in-process/hot-store.ts'
import { copyOf, fillNow, items, read, session } from '../../../src/testing/hot-store-suite/fixtures.ts'
import {
  type FaultyHotStore,
  faultyHotStore,
  type HotFault,
  hotStoreSuite,
  ManualClock,
} from '../../../src/testing/index.ts'
import { layeredHotStore } from '../../../src/tiers/hot/layered-hot-store.ts'
import type { SessionCopy } from '../../../src/tiers/hot/session-copy.ts'
import type { HotStore } from '../../../src/tiers/hot-store.ts'
import { inMemorySharedStore, SharedServer } from '../../stores/in-memory-shared-store.ts'

const chat = session('chat')
const held = items(chat, 0, 3)
const [next] = items(chat, 3, 1)

/** A store that several processes share, each with a line of its own on which it hears of changes. */
function setUp() {
  const store = inProcessHotStore()
  const line: { isHeard: boolean; tell: (key: SessionKey | undefined) => void } = {
    isHeard: true,
    tell: () => undefined,
  }
  const state: {
    fault: (operation: string) => HotFault | 'none'
    /** Happens once the shared store has answered, before the answer is here. */
    onTheWay: () => unknown
  } = { fault: () => 'none', onTheWay: () => undefined }
  const asked: string[] = []
  const shared: FaultyHotStore = faultyHotStore(
    Object.assign(
      lending(store, () => state.onTheWay()),
      {
        isShared: true,
        changes: {
          listen: (listener: (key: SessionKey | undefined) => void) => {
            line.tell = listener
          },
          isHeard: () => line.isHeard,
        },
      },
    ),
    ({ operation }) => {
      asked.push(operation)
      return state.fault(operation)
    },
  )
  const near = inProcessHotStore()
  const layered = layeredHotStore(near, shared)
  /** How many items are served, and whether the shared store had to be asked. */
  const served = async (owner: SessionIdentity = chat, query: Parameters<typeof read>[2] = {}) => {
    asked.length = 0
    const answer = await read(layered, owner, query)
    return [answer.kind === 'miss' ? 'miss' : answer.items.length, asked.includes('read') ? 'asked' : 'here'] as const
  }
  /** What another process adds, told to this one. */
  const addElsewhere = async () => {
    await store.append(chat.key, [next!], 4)
    line.tell(chat.key)
  }
  return { near, store, shared, layered, line, state, asked, served, addElsewhere }
}

/** As a store outside of the process: it holds copies of its own, and lends the newest part alone if that is asked for. */
function lending(store: HotStore, onTheWay: () => unknown = () => undefined): HotStore {
  const outside: Partial<HotStore> = {
    async read(key, query) {
      const answer = await store.read(key, query)
      if (answer.kind === 'miss') return answer
      const part = partOf(answer, query.newest ?? answer.items.length)
      await onTheWay()
      return part
    },
    async fill(key, lease, copy) {
      const taken = await store.fill(key, lease, partOf(copy, copy.items.length))
      await onTheWay()
      return taken
    },
  }
  return new Proxy(store, {
    get(target, name) {
      if (name === 'peek') return undefined
      if (name in outside) return Reflect.get(outside, name)
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function partOf(copy: SessionCopy, newest: number): SessionCopy {
  const part = newest === 0 ? [] : copy.items.slice(-newest)
  const { session: owner, n, shownFence } = copy
  const complete = copy.complete && part.length === copy.items.length
  return copyOf(owner, part, n, { complete, ...(shownFence !== undefined && { shownFence }) })
}

hotStoreSuite('layered', {
  ...{ describe, it },
  createStore: (bounds) => {
    const clock = new ManualClock()
    const server = new SharedServer(clock)
    const make = () => layeredHotStore(inProcessHotStore(bounds), inMemorySharedStore(server, bounds))
    return { store: make(), another: make(), advanceTime: (ms) => clock.advance(ms) }
  },
})

describe('a layered hot store', () => {
  it('keeps what the shared one serves or takes, and asks it no more', async () => {
    const { store, layered, served } = setUp()
    await fillNow(store, chat, copyOf(chat, held, 3))
    expect(await served()).toEqual([3, 'asked'])
    expect(await served()).toEqual([3, 'here'])
    expect(layered.peek?.(held[0]!.id)).toBeDefined()
    const other = session('filled by us')
    expect(await fillNow(layered, other, copyOf(other, items(other, 0, 2), 2))).toBe(true)
    expect(await served(other)).toEqual([2, 'here'])
    expect(await layered.append(chat.key, [next!], 4)).toBe(true)
    expect(await served()).toEqual([4, 'here'])
  })

  it('keeps nothing that the shared one did not take', async () => {
    const { layered, store, state, served } = setUp()
    const answer = await read(layered, chat)
    await store.forget(chat.key)
    if (answer.kind === 'copy') expect.unreachable('there is none')
    else expect(await layered.fill(chat.key, answer.lease, copyOf(chat, held, 3))).toBe(false)
    expect(await served()).toEqual(['miss', 'asked'])
    await fillNow(layered, chat, copyOf(chat, held, 3))
    state.fault = (operation) => (operation === 'append' ? 'forget' : 'none')
    expect(await layered.append(chat.key, [next!], 4)).toBe(false)
    expect(await served()).toEqual(['miss', 'asked'])
  })

  it('asks the shared one where a read is strong, and keeps what is here only if it is the same', async () => {
    const { layered, store, served } = setUp()
    await fillNow(layered, chat, copyOf(chat, held, 3, { shownFence: 'f' }))
    await store.append(chat.key, [next!], 4)
    expect(await served()).toEqual([3, 'here'])
    expect(await served(chat, { strong: true })).toEqual([4, 'asked'])
    expect(await served()).toEqual([4, 'asked'])
    expect(await served()).toEqual([4, 'here'])
    expect(await served(chat, { strong: true })).toEqual([4, 'asked'])
    expect(await served()).toEqual([4, 'here'])
  })

  it('asks again where a part of a copy is not enough, and not where it is', async () => {
    const { store, served } = setUp()
    await fillNow(store, chat, copyOf(chat, items(chat, 0, 10), 10))
    expect(await served(chat, { newest: 4 })).toEqual([4, 'asked'])
    expect(await served(chat, { newest: 4 })).toEqual([4, 'here'])
    expect(await served(chat, { newest: 2 })).toEqual([4, 'here'])
    expect(await served(chat, { newest: 5 })).toEqual([5, 'asked'])
    expect(await served()).toEqual([10, 'asked'])
    for (const query of [{}, { newest: 3 }, { newest: 50 }]) expect(await served(chat, query)).toEqual([10, 'here'])
  })

  it('takes all that the shared one has for enough, though that is not the whole session', async () => {
    const { store, served } = setUp()
    await fillNow(store, chat, copyOf(chat, held, 30, { complete: false }))
    expect(await served()).toEqual([3, 'asked'])
    expect(await served()).toEqual([3, 'here'])
    expect(await served(chat, { newest: 3 })).toEqual([3, 'here'])
  })
})

describe('a change by another process', () => {
  it('drops the copy here, and no other', async () => {
    const { layered, served, addElsewhere } = setUp()
    const other = session('other')
    await fillNow(layered, chat, copyOf(chat, held, 3))
    await fillNow(layered, other, copyOf(other, items(other, 0, 2), 2))
    await addElsewhere()
    expect(layered.peek?.(held[0]!.id)).toBeUndefined()
    expect(await served(other)).toEqual([2, 'here'])
    expect(await served()).toEqual([4, 'asked'])
  })

  it('while a copy is on its way keeps that from being kept', async () => {
    const { store, layered, state, served, addElsewhere } = setUp()
    await fillNow(store, chat, copyOf(chat, held, 3))
    state.onTheWay = addElsewhere
    expect(await read(layered, chat)).toMatchObject({ n: 3 })
    state.onTheWay = () => undefined
    expect(await served()).toEqual([4, 'asked'])
    expect(await served()).toEqual([4, 'here'])
  })

  it('while a copy is being filled keeps that from being kept', async () => {
    const { layered, state, served, addElsewhere } = setUp()
    state.onTheWay = addElsewhere
    expect(await fillNow(layered, chat, copyOf(chat, held, 3))).toBe(true)
    state.onTheWay = () => undefined
    expect(await served()).toEqual([4, 'asked'])
  })

  it.each(['forget', 'clear'] as const)('by %s, ours, drops a copy that comes meanwhile', async (operation) => {
    const { layered, shared, state, served } = setUp()
    await fillNow(layered, chat, copyOf(chat, held, 3))
    state.fault = (called) => (called === operation ? 'hold' : 'none')
    const dropping = operation === 'forget' ? layered.forget(chat.key) : layered.clear()
    await new Promise((resolve) => setImmediate(resolve))
    expect(await served()).toEqual([3, 'asked'])
    await shared.held.release()
    await dropping
    expect(await served()).toEqual(['miss', 'asked'])
  })
})

describe('silence on the line', () => {
  it('lets nothing be served from here, and nothing be kept', async () => {
    const { near, layered, line, served } = setUp()
    await fillNow(layered, chat, copyOf(chat, held, 3))
    line.isHeard = false
    expect(await served()).toEqual([3, 'asked'])
    expect(await served()).toEqual([3, 'asked'])
    expect(layered.peek?.(held[0]!.id)).toBeUndefined()
    const other = session('other')
    await fillNow(layered, other, copyOf(other, items(other, 0, 2), 2))
    expect(await served(other)).toEqual([2, 'asked'])
    expect(near.stats().sessions).toBe(0)
  })

  it('that ends in a new line drops all copies of before', async () => {
    const { near, layered, line, served } = setUp()
    await fillNow(layered, chat, copyOf(chat, held, 3))
    line.tell(undefined)
    expect(near.stats().sessions).toBe(0)
    expect(await served()).toEqual([3, 'asked'])
    expect(await served()).toEqual([3, 'here'])
  })

  it.each(['read', 'fill'])('that begins and ends during a %s keeps what comes from being kept', async (operation) => {
    const { store, layered, state, line, served } = setUp()
    if (operation === 'read') await fillNow(store, chat, copyOf(chat, held, 3))
    state.onTheWay = () => {
      line.isHeard = false
      line.tell(undefined)
      line.isHeard = true
    }
    if (operation === 'read') await read(layered, chat)
    else expect(await fillNow(layered, chat, copyOf(chat, held, 3))).toBe(true)
    state.onTheWay = () => undefined
    expect(await served()).toEqual([3, 'asked'])
  })

  it('at a miss keeps the fill that follows from being kept, also once the line is back', async () => {
    const { layered, line, served } = setUp()
    line.isHeard = false
    const answer = await read(layered, chat)
    line.isHeard = true
    if (answer.kind === 'copy') return expect.unreachable('there is none')
    expect(await layered.fill(chat.key, answer.lease, copyOf(chat, held, 3))).toBe(true)
    expect(await served()).toEqual([3, 'asked'])
  })
})

describe('segments', () => {
  it('are kept in both layers, and dropped from both', async () => {
    const { near, store, layered, asked } = setUp()
    const bytes = new Uint8Array([1, 2, 3])
    await store.putSegment(chat.key, 'a', bytes)
    expect(await layered.getSegment(chat.key, 'a')).toEqual(bytes)
    asked.length = 0
    expect([await layered.getSegment(chat.key, 'a'), asked]).toEqual([bytes, []])
    await layered.putSegment(chat.key, 'b', bytes)
    expect(await store.getSegment(chat.key, 'b')).toEqual(bytes)
    await layered.dropSegments(chat.key, ['a', 'b'])
    for (const one of [near, store, layered]) {
      for (const id of ['a', 'b']) expect(await one.getSegment(chat.key, id)).toBeUndefined()
    }
  })
})
