import { describe, expect, it } from 'vitest'
import { COLD_HEAT } from '../../src/memory/heat.ts'
import { makeItem } from '../../src/memory/item-body.ts'
import { identifySession } from '../../src/memory/session.ts'
import { StampMaker } from '../../src/memory/stamp.ts'
import { inProcessDurableStore } from '../../src/stores/in-process/durable-store.ts'
import { inProcessHotStore } from '../../src/stores/in-process/hot-store.ts'
import {
  type DurableFault,
  type FaultPlan,
  faultyDurableStore,
  faultyHotStore,
  type HotFault,
  ManualClock,
  randomFaults,
  seededRandom,
} from '../../src/testing/index.ts'
import { SessionCopy } from '../../src/tiers/hot/session-copy.ts'
import { UnitReads } from '../../src/tiers/placement/heat-ledger.ts'
import { inMemorySharedStore, SharedServer } from './in-memory-shared-store.ts'

const NOW = Date.UTC(2026, 0, 1)
const session = identifySession({ userId: 'u', sessionId: 's' })
const QUERY = { maxProofAgeMs: 0, revive: () => expect.unreachable('the store is in the process') }
const stamps = new StampMaker()
const entry = () => ({ stamp: stamps.next(NOW), body: '{}', createdAt: NOW })

/** The first call of an operation gets the fault. */
function first<Fault extends string>(operation: string, fault: Fault): FaultPlan<Fault> {
  return (call) => (call.operation === operation && call.call === 1 ? fault : 'none')
}

function durable(fault: DurableFault) {
  const store = faultyDurableStore(inProcessDurableStore(), first('append', fault))
  return { store, append: () => store.append(session, [entry()], { reviewAt: NOW }) }
}

describe('a durable store with a planned fault', () => {
  it('refuses a call before it takes effect', async () => {
    const { store, append } = durable('refuse')
    await expect(append()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await store.load(session.key)).toBeUndefined()
    expect(await append()).toMatchObject({ n: 1 })
  })

  it('loses a reply after the call took effect', async () => {
    const { store, append } = durable('lose-reply')
    await expect(append()).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    expect(await store.load(session.key)).toMatchObject({ n: 1 })
  })

  it('lets a call take effect later', async () => {
    const { store, append } = durable('ghost')
    await expect(append()).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    await append()
    expect([await store.load(session.key), store.ghosts.size]).toMatchObject([{ n: 1 }, 1])
    await store.ghosts.release()
    expect([await store.load(session.key), store.ghosts.size]).toMatchObject([{ n: 2 }, 0])
  })

  it('holds a call until it is released', async () => {
    const { store, append } = durable('hold')
    let answered = false
    const held = append().finally(() => (answered = true))
    await append()
    expect([answered, await store.load(session.key)]).toMatchObject([false, { n: 1 }])
    await store.held.release()
    expect(await held).toMatchObject({ n: 2 })
  })

  it('releases calls one by one, and outlives those that fail', async () => {
    const naked = inProcessDurableStore()
    let fails = true
    const append: typeof naked.append = (...args) => (fails ? Promise.reject(new Error('down')) : naked.append(...args))
    const store = faultyDurableStore(Object.assign(naked, { append: append.bind(naked) }), () => 'hold')
    fails = true
    const [one, two] = [1, 2].map(() => store.append(session, [], { reviewAt: NOW }))
    await Promise.all([store.held.release(1), expect(one).rejects.toThrow('down')])
    expect(store.held.size).toBe(1)
    await Promise.all([store.held.release(), expect(two).rejects.toThrow('down')])
  })
})

describe('a hot store with a planned fault', () => {
  const [item] = [stamps.next(NOW)].map((stamp) =>
    makeItem(
      session,
      stamp,
      { content: '', contentType: 'note', createdAt: NOW },
      {
        tier: 'hot',
        cached: true,
        lastAccessedAt: undefined,
        accessCount: 0,
      },
    ),
  )
  const forever = Number.POSITIVE_INFINITY
  const facts = { id: 'tail', isArchive: false, newestAt: NOW, heat: COLD_HEAT }
  const copy = () =>
    new SessionCopy({
      session,
      n: 1,
      items: [item!],
      complete: true,
      spans: [{ facts, from: 0, reads: new UnitReads(COLD_HEAT, { at: forever, everyMs: forever, count: forever }) }],
      filledAt: NOW,
      tierUntil: forever,
      provenUntil: forever,
      idleMs: forever,
    })

  async function filled(plan: FaultPlan<HotFault>) {
    const naked = inProcessHotStore()
    const answer = await naked.read(session.key, QUERY)
    if (answer.kind === 'miss') await naked.fill(session.key, answer.lease, copy())
    return faultyHotStore(naked, plan)
  }

  it('answers at once where the plan says none', async () => {
    const store = await filled(() => 'none')
    expect(store.read(session.key, QUERY)).toBeInstanceOf(SessionCopy)
    expect(store.peek?.(item!.id)).toBeDefined()
  })

  it('forgets just before the call', async () => {
    expect(await (await filled(first('read', 'forget'))).read(session.key, QUERY)).toMatchObject({ kind: 'miss' })
    expect((await filled(first('peek', 'forget'))).peek?.(item!.id)).toBeUndefined()
  })

  it('refuses, loses replies and holds', async () => {
    const refusing = await filled(first('forget', 'refuse'))
    await expect(refusing.forget(session.key)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await refusing.read(session.key, QUERY)).toBeInstanceOf(SessionCopy)
    const losing = await filled(first('forget', 'lose-reply'))
    await expect(losing.forget(session.key)).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    expect(await losing.read(session.key, QUERY)).toMatchObject({ kind: 'miss' })
    const holding = await filled(first('clear', 'hold'))
    const cleared = holding.clear()
    expect(await holding.read(session.key, QUERY)).toBeInstanceOf(SessionCopy)
    await holding.held.release()
    await cleared
    expect(await holding.read(session.key, QUERY)).toMatchObject({ kind: 'miss' })
  })

  it('lets a session go where the store does', async () => {
    const store = await filled(() => 'refuse')
    store.release(session.key)
    expect(store.stats().sessions).toBe(0)
    expect([store.isShared, store.changes, store.probe]).toEqual([false, undefined, undefined])
  })

  it('is shared where the store is, and tells what the store tells', async () => {
    const server = new SharedServer(new ManualClock(NOW))
    const store = faultyHotStore(inMemorySharedStore(server), () => 'refuse')
    const heard: unknown[] = []
    store.changes?.listen((key) => heard.push(key))
    await inMemorySharedStore(server).read(session.key, QUERY)
    await inMemorySharedStore(server).clear()
    expect([store.isShared, heard, store.changes?.isHeard()]).toEqual([true, [session.key, undefined], true])
    await expect(store.probe?.()).resolves.toBeUndefined()
    server.isHeard = false
    server.isDown = true
    expect(store.changes?.isHeard()).toBe(false)
    await expect(store.probe?.()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

describe('random faults', () => {
  it('are the same for the same seed, and about as many as asked for', () => {
    const faults = (seed: number) => {
      const plan = randomFaults({ seed, rate: 0.3, kinds: ['refuse', 'ghost'] })
      return Array.from({ length: 2000 }, (_, i) => plan({ operation: 'load', call: i + 1 }))
    }
    expect(faults(1)).toEqual(faults(1))
    expect(faults(1)).not.toEqual(faults(2))
    for (const kind of ['refuse', 'ghost']) {
      const count = faults(3).filter((fault) => fault === kind).length
      expect(count).toBeGreaterThan(230)
      expect(count).toBeLessThan(370)
    }
    expect(randomFaults({ seed: 1, rate: 1, kinds: [] })({ operation: 'load', call: 1 })).toBe('none')
  })

  it('come from numbers spread evenly from 0 up to 1', () => {
    const random = seededRandom(42)
    const counts = new Array<number>(10).fill(0)
    for (let i = 0; i < 10_000; i++) counts[Math.floor(random() * 10)]! += 1
    expect(Math.min(...counts)).toBeGreaterThan(850)
    expect(Math.max(...counts)).toBeLessThan(1150)
  })
})
