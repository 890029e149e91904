import { describe, expect, it } from 'vitest'
import { ThermoclineError } from '../../../src/errors.ts'
import type { SessionIdentity } from '../../../src/memory/session.ts'
import { inProcessHotStore } from '../../../src/stores/in-process/hot-store.ts'
import { copyOf, fillNow, items, read, session } from '../../../src/testing/hot-store-suite/fixtures.ts'
import { type FaultyHotStore, faultyHotStore, type HotFault, ManualClock } from '../../../src/testing/index.ts'
import { checkedHotStore, HOT_CALL_DEFAULTS, type HotCallOptions } from '../../../src/tiers/hot/checked-hot-store.ts'
import type { HotStore } from '../../../src/tiers/hot-store.ts'

const chat = session('chat')
const held = items(chat, 0, 3)
const [next] = items(chat, 3, 1)
const { timeoutMs, probeEveryMs } = HOT_CALL_DEFAULTS

/** Lets what falls due happen, with the turns that it takes. */
async function advance(clock: ManualClock, ms: number): Promise<void> {
  clock.advance(ms)
  for (let turns = 0; turns < 4; turns++) await new Promise((resolve) => setImmediate(resolve))
}

/** A shared store in this process, which others see as it is, and whose faults can be switched. */
function setUp(options: HotCallOptions = {}) {
  const clock = new ManualClock()
  const naked = inProcessHotStore()
  const state: { fault: HotFault | 'none' | ((operation: string) => HotFault | 'none'); probe: () => Promise<void> } = {
    fault: 'none',
    probe: async () => {
      if (state.fault !== 'none') throw new ThermoclineError('STORE_UNAVAILABLE', 'Cannot probe: still away')
    },
  }
  const asked: string[] = []
  const faulty: FaultyHotStore = faultyHotStore(
    Object.assign(naked, {
      isShared: true,
      probe: () => {
        asked.push('probe')
        return state.probe()
      },
    }),
    ({ operation }) => {
      asked.push(operation)
      return typeof state.fault === 'function' ? state.fault(operation) : state.fault
    },
  )
  const store = checkedHotStore(faulty, options, clock)
  /** What another process reads. */
  const elsewhere = () => read(naked, chat)
  return { clock, naked, state, asked, faulty, store, elsewhere }
}

async function numberRead(store: HotStore, owner: SessionIdentity = chat): Promise<number | 'miss'> {
  const answer = await read(store, owner)
  return answer.kind === 'miss' ? 'miss' : answer.items.length
}

/** All calls that can fail, each with what it gives where it does. */
const calls: [string, (store: HotStore) => unknown, unknown][] = [
  ['read', async (store) => (await read(store, chat)).kind, 'miss'],
  ['append', (store) => store.append(chat.key, [next!], 4), false],
  ['forget', (store) => store.forget(chat.key), undefined],
  ['clear', (store) => store.clear(), undefined],
  ['getSegment', (store) => store.getSegment(chat.key, 'a'), undefined],
  ['putSegment', (store) => store.putSegment(chat.key, 'a', new Uint8Array(1)), undefined],
  ['dropSegments', (store) => store.dropSegments(chat.key, ['a']), undefined],
]

describe('a checked hot store', () => {
  it('gives what its store gives', async () => {
    const { store, asked } = setUp()
    expect(await fillNow(store, chat, copyOf(chat, held, 3))).toBe(true)
    expect(await store.append(chat.key, [next!], 4)).toBe(true)
    expect(await numberRead(store)).toBe(4)
    await store.putSegment(chat.key, 'a', new Uint8Array([7]))
    expect(await store.getSegment(chat.key, 'a')).toEqual(new Uint8Array([7]))
    await store.forget(chat.key)
    expect(await numberRead(store)).toBe('miss')
    expect(asked).not.toContain('probe')
  })

  it.each(calls)('never lets %s fail', async (_, call, instead) => {
    for (const fault of ['refuse', 'lose-reply'] as const) {
      const { store, state } = setUp()
      state.fault = fault
      expect(await call(store)).toBe(instead)
      expect(store.stats().shared).toMatchObject({ failures: 1, isReachable: false, lastError: expect.any(String) })
    }
  })

  it.each(calls)('gives up on %s in time', async (_, call, instead) => {
    const { store, state, clock } = setUp()
    state.fault = 'hold'
    const answer = Promise.resolve(call(store))
    await advance(clock, timeoutMs)
    expect(await answer).toBe(instead)
    expect(store.stats().shared?.lastError).toContain(`no answer within ${timeoutMs} ms`)
    await store.close()
  })

  it('fills nothing with the lease of a miss that was no answer', async () => {
    const { store, state, asked, clock } = setUp()
    state.fault = 'refuse'
    const answer = await read(store, chat)
    state.fault = 'none'
    await advance(clock, probeEveryMs)
    asked.length = 0
    if (answer.kind !== 'miss') expect.unreachable('it was refused')
    else expect(await store.fill(chat.key, answer.lease, copyOf(chat, held, 3))).toBe(false)
    expect(asked).toEqual([])
  })

  it('lets so many calls through at once, and no more', async () => {
    const { store, state, faulty } = setUp({ maxInFlight: 3 })
    state.fault = 'hold'
    const waiting = Array.from({ length: 3 }, () => read(store, chat))
    expect(await read(store, chat)).toMatchObject({ kind: 'miss' })
    expect([faulty.held.size, store.stats().shared]).toMatchObject([3, { isReachable: true }])
    await faulty.held.release()
    await Promise.all(waiting)
    state.fault = 'none'
    expect(await fillNow(store, chat, copyOf(chat, held, 3))).toBe(true)
  })

  it.each([{ timeoutMs: 0 }, { maxInFlight: 0.5 }, { probeEveryMs: Number.NaN }, { timeout: 5 }])(
    'refuses %o',
    (options) => {
      expect(() => checkedHotStore(inProcessHotStore(), options as HotCallOptions)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      )
    },
  )
})

describe('the breaker', () => {
  it('lets no call through after the first that found the store away, until a probe finds it back', async () => {
    const { store, state, asked, clock } = setUp()
    state.fault = 'refuse'
    await read(store, chat)
    for (const [, call] of calls) await call(store)
    expect(asked).toEqual(['read'])
    for (let probes = 1; probes <= 3; probes++) {
      await advance(clock, probeEveryMs)
      for (const [, call] of calls) await call(store)
      expect(asked).toEqual(['read', ...new Array<string>(probes).fill('probe')])
    }
    state.fault = 'none'
    await advance(clock, probeEveryMs)
    expect(store.stats().shared?.isReachable).toBe(true)
    expect(await fillNow(store, chat, copyOf(chat, held, 3))).toBe(true)
    // And the timer is gone.
    expect(clock.pending).toBe(0)
  })

  it('stays closed for an answer that is an error', async () => {
    const failing = Object.assign(inProcessHotStore(), {
      isShared: true,
      getSegment: () => Promise.reject(new TypeError('not for us')),
    })
    const store = checkedHotStore(failing, {}, new ManualClock())
    expect(await store.getSegment(chat.key, 'a')).toBeUndefined()
    expect(store.stats().shared).toMatchObject({ failures: 1, isReachable: true })
    expect(await fillNow(store, chat, copyOf(chat, held, 3))).toBe(true)
  })

  it('remembers why the store is away, however many calls were not made since', async () => {
    const { store, state, clock } = setUp()
    state.fault = 'refuse'
    for (const [, call] of calls) await call(store)
    const { shared } = store.stats()
    expect(shared).toMatchObject({ failures: calls.length, lastError: expect.stringContaining('planned fault') })
    await advance(clock, probeEveryMs)
    expect(store.stats().shared?.lastError).toContain('still away')
  })

  it('is found back though a probe is never answered, as that of a client that lost it with its connection', async () => {
    const { store, state, clock } = setUp()
    state.fault = 'refuse'
    await read(store, chat)
    state.probe = () => new Promise(() => {})
    await advance(clock, probeEveryMs)
    state.fault = 'none'
    state.probe = async () => undefined
    await advance(clock, 5_000)
    await advance(clock, probeEveryMs)
    expect(store.stats().shared?.isReachable).toBe(true)
  })

  it('asks a store that hangs once, and takes a slow answer for none', async () => {
    const { store, state, asked, clock } = setUp()
    state.fault = 'refuse'
    await read(store, chat)
    state.fault = 'none'
    const probe = Promise.withResolvers<void>()
    state.probe = () => probe.promise
    for (let i = 0; i < 5; i++) await advance(clock, probeEveryMs)
    expect(asked).toEqual(['read', 'probe'])
    // A call would have had to wait for just as long.
    probe.resolve()
    await advance(clock, 0)
    expect(store.stats().shared?.isReachable).toBe(false)
    state.probe = async () => undefined
    await advance(clock, probeEveryMs)
    expect(store.stats().shared?.isReachable).toBe(true)
  })

  it('ends with the store', async () => {
    const { store, state, asked, clock } = setUp()
    state.fault = 'refuse'
    await read(store, chat)
    await store.close()
    await advance(clock, 10 * probeEveryMs)
    expect([asked, clock.pending]).toEqual([['read'], 0])
  })

  it('does not begin once the store is closed', async () => {
    const { store, state, clock } = setUp()
    await store.close()
    state.fault = 'refuse'
    await store.append(chat.key, [next!], 4)
    expect(clock.pending).toBe(0)
  })
})

/** Lets a store answer one operation with an error until it is to go on, as Redis does for a command of its own. */
function refusing(store: HotStore, operation: 'append'): { goOn(): void } {
  const before = store[operation].bind(store)
  Object.assign(store, { [operation]: () => Promise.reject(new Error('refused')) })
  return { goOn: () => void Object.assign(store, { [operation]: before }) }
}

describe('a copy that could not be told', () => {
  it.each(['refuse', 'lose-reply'] as const)('of an append (%s) is deleted before it is read again', async (fault) => {
    const { store, state, clock, elsewhere } = setUp()
    await fillNow(store, chat, copyOf(chat, held, 3))
    state.fault = fault
    expect(await store.append(chat.key, [next!], 4)).toBe(false)
    state.fault = 'none'
    await advance(clock, probeEveryMs)
    expect((await elsewhere()).kind).toBe('miss')
    expect(await fillNow(store, chat, copyOf(chat, [...held, next!], 4))).toBe(true)
    expect(await numberRead(store)).toBe(4)
  })

  it('is not believed for as long as it can not be deleted', async () => {
    const { store, clock, naked } = setUp()
    await fillNow(store, chat, copyOf(chat, held, 3))
    let refusals = 0
    // It answers, but not to this.
    const error = () => Promise.reject(new Error(`refusal ${++refusals}`))
    const forget = naked.forget.bind(naked)
    Object.assign(naked, { forget: error })
    await store.forget(chat.key)
    for (let i = 0; i < 3; i++) expect(await numberRead(store)).toBe('miss')
    expect([refusals, store.stats().shared?.isReachable]).toEqual([4, true])
    expect(await numberRead(naked)).toBe(3)
    // An append that finds a copy does not make it good either.
    expect(await store.append(chat.key, [next!], 4)).toBe(false)
    Object.assign(naked, { forget })
    expect(await numberRead(store)).toBe('miss')
    expect(await numberRead(naked)).toBe('miss')
    await fillNow(store, chat, copyOf(chat, held, 3))
    expect(await numberRead(store)).toBe(3)
    await store.close()
    expect(clock.pending).toBe(0)
  })

  it('is good again once an append finds none', async () => {
    const { store, state, clock, asked } = setUp()
    state.fault = (operation) => (operation === 'append' ? 'lose-reply' : 'none')
    state.probe = () => Promise.reject(new Error('not yet'))
    await store.append(chat.key, [next!], 4)
    state.fault = 'none'
    const repaired = advance(clock, probeEveryMs)
    state.probe = async () => undefined
    await repaired
    await advance(clock, probeEveryMs)
    asked.length = 0
    expect(await store.append(chat.key, [next!], 4)).toBe(false)
    expect(await numberRead(store)).toBe('miss')
    expect(asked).toEqual(['append', 'read'])
  })

  it.each([1, 2])(
    'stays distrusted where the %i. failure came after the deletion that was under way',
    async (count) => {
      const { store, state, naked, faulty } = setUp()
      state.fault = (operation) => (operation === 'forget' ? 'hold' : 'none')
      const append = refusing(naked, 'append')
      for (let failure = 1; failure <= count; failure++) {
        const deleting = store.forget(chat.key)
        expect(await store.append(chat.key, [next!], 4)).toBe(false)
        await faulty.held.release()
        await deleting
      }
      state.fault = 'none'
      append.goOn()
      // Another process read the store before that append, and fills only now.
      await fillNow(naked, chat, copyOf(chat, held, 3))
      expect(await numberRead(store)).toBe('miss')
      await store.close()
    },
  )

  it('is repaired for all others as soon as the store is back, also where one can not be', async () => {
    const { store, state, clock, naked } = setUp()
    const sessions = ['a', 'b', 'c', 'd'].map(session)
    for (const one of sessions) await fillNow(store, one, copyOf(one, items(one, 0, 2), 2))
    await store.putSegment(chat.key, 'gone', new Uint8Array(1))
    state.fault = 'refuse'
    for (const one of sessions) await store.append(one.key, items(one, 2, 1), 3)
    await store.dropSegments(chat.key, ['gone'])
    const forget = naked.forget.bind(naked)
    const stubborn = (key: string) =>
      key === sessions[1]!.key ? Promise.reject(new Error('no')) : forget(key as never)
    Object.assign(naked, { forget: stubborn })
    state.fault = 'none'
    await advance(clock, probeEveryMs)
    const left = await Promise.all(sessions.map((one) => numberRead(naked, one)))
    expect(left).toEqual(['miss', 2, 'miss', 'miss'])
    expect(await naked.getSegment(chat.key, 'gone')).toBeUndefined()
  })

  it('for another reason than being away is repaired soon', async () => {
    const { store, clock, naked } = setUp()
    await fillNow(store, chat, copyOf(chat, held, 3))
    const append = refusing(naked, 'append')
    expect(await store.append(chat.key, [next!], 4)).toBe(false)
    append.goOn()
    expect([await numberRead(naked), store.stats().shared?.isReachable]).toEqual([3, true])
    await advance(clock, probeEveryMs)
    expect(await numberRead(naked)).toBe('miss')
    await advance(clock, timeoutMs)
    expect(clock.pending).toBe(0)
  })

  it('while another is repaired is repaired after it', async () => {
    const { store, clock, naked } = setUp()
    const another = session('another')
    await fillNow(store, chat, copyOf(chat, held, 3))
    await fillNow(store, another, copyOf(another, items(another, 0, 2), 2))
    const append = refusing(naked, 'append')
    expect(await store.append(chat.key, [next!], 4)).toBe(false)
    const forget = naked.forget.bind(naked)
    const forgetLate = async (key: string) => {
      Object.assign(naked, { forget })
      await store.append(another.key, items(another, 2, 1), 3)
      append.goOn()
      await forget(key as never)
    }
    Object.assign(naked, { forget: forgetLate })
    await advance(clock, probeEveryMs)
    expect(await numberRead(naked)).toBe('miss')
    await advance(clock, probeEveryMs)
    expect(await numberRead(naked, another)).toBe('miss')
    await advance(clock, timeoutMs)
    expect(clock.pending).toBe(0)
  })

  it('does not come of too many calls: what others have to be told of goes before reads', async () => {
    const { store, state, faulty } = setUp({ maxInFlight: 1 })
    await fillNow(store, chat, copyOf(chat, held, 3))
    state.fault = (operation) => (operation === 'getSegment' ? 'hold' : 'none')
    const reading = store.getSegment(chat.key, 'a')
    expect(await numberRead(store)).toBe('miss')
    expect(await store.append(chat.key, [next!], 4)).toBe(true)
    await faulty.held.release()
    await reading
    expect(await numberRead(store)).toBe(4)
    await store.close()
  })

  it('by a store that will not do it is not asked for again and again', async () => {
    const { store, clock, naked } = setUp()
    let refusals = 0
    Object.assign(naked, { forget: () => Promise.reject(new Error(`refusal ${++refusals}`)) })
    for (const sessionId of ['a', 'b', 'c']) await store.forget(session(sessionId).key)
    for (let i = 0; i < 10; i++) await advance(clock, probeEveryMs)
    expect([refusals, clock.pending]).toEqual([6, 0])
  })

  it('of more sessions than are remembered one by one is believed by the time of its proof', async () => {
    const { store, state, clock } = setUp()
    state.fault = 'refuse'
    for (let i = 0; i < 10_001; i++) await store.forget(session(`${i}`).key)
    const since = clock.now()
    let asked = Number.NaN
    const proofs = checkedHotStore(
      Object.assign(inProcessHotStore(), {
        isShared: true,
        forget: () => Promise.reject(new Error('no')),
        clear: () => Promise.reject(new Error('no')),
        read: async (_key: string, query: { maxProofAgeMs: number }) => {
          asked = query.maxProofAgeMs
          return { kind: 'miss' as const, lease: { token: undefined } }
        },
      }),
      {},
      clock,
    )
    for (let i = 0; i < 10_001; i++) await proofs.forget(session(`${i}`).key)
    // A second of difference between two clocks is reckoned with.
    for (const [ms, expected] of [
      [0, 0],
      [1_000, 0],
      [1_000, 1_000],
      [60_000, 61_000],
      [600_000, 600_000],
    ] as const) {
      await advance(clock, ms)
      await read(proofs, session('never written'), { maxProofAgeMs: 600_000 })
      expect(asked, `after ${clock.now() - since} ms`).toBe(expected)
    }
    await store.close()
  })
})
