import { describe, expect, it } from 'vitest'
import { ThermoclineError } from '../../src/errors.ts'
import { type StoreCallEvent, storeChannel } from '../../src/lib/trace.ts'
import { identifySession } from '../../src/memory/session.ts'
import { inProcessDurableStore } from '../../src/stores/in-process/durable-store.ts'
import { CHECKED_STORE_DEFAULTS, checkedDurableStore } from '../../src/tiers/checked-durable-store.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'
import { newFence } from '../../src/tiers/rewriting/fence.ts'
import { fakeRemoteStore } from './fake-remote-store.ts'

const { key } = identifySession({ userId: 'u', sessionId: 's' })
const session = identifySession({ userId: 'u', sessionId: 's' })

const hang = (): Promise<undefined> => new Promise(() => undefined)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('a checked store', () => {
  const calls: [string, (store: DurableStore) => Promise<unknown>][] = [
    ['append', (store) => store.append(session, [], { reviewAt: 1 })],
    ['load', (store) => store.load(key)],
    ['getSegment', (store) => store.getSegment(key, 'x')],
    ['commit', (store) => store.commit(key, '', { n: 0, nextFence: newFence(), reviewAt: 0 })],
    ['touch', (store) => store.touch(key, {})],
    ['due', (store) => store.due(0, 0, undefined, 1)],
    ['list', (store) => store.list(session, undefined, 1)],
  ]

  it.each(calls)('refuses %s before it is open and after it is closed', async (operation, call) => {
    const store = checkedDurableStore(inProcessDurableStore())
    const refusal = { code: 'NOT_OPEN', message: expect.stringContaining(operation) }
    await expect(call(store)).rejects.toMatchObject(refusal)
    await store.open()
    await call(store)
    await store.close()
    await expect(call(store)).rejects.toMatchObject(refusal)
  })

  it('opens and closes its store once, however often it is asked', async () => {
    const naked = fakeRemoteStore(false)
    const asked: string[] = []
    naked.open = async () => void asked.push('open')
    naked.close = async () => void asked.push('close')
    const store = checkedDurableStore(naked)
    await Promise.all([store.open(), store.open()])
    await store.open()
    await Promise.all([store.close(), store.close()])
    await store.close()
    expect(asked).toEqual(['open', 'close'])
  })

  it('can be opened after a failure to open', async () => {
    const naked = fakeRemoteStore()
    let fails = true
    naked.open = async () => {
      if (fails) throw new ThermoclineError('STORE_UNAVAILABLE', 'not yet')
    }
    const store = checkedDurableStore(naked)
    await expect(store.open()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(store.load(key)).rejects.toMatchObject({ code: 'NOT_OPEN' })
    fails = false
    await store.open()
    await store.load(key)
    await store.close()
  })

  it('refuses calls when it was closed while it opened', async () => {
    const naked = fakeRemoteStore(false)
    const opened = Promise.withResolvers<void>()
    naked.open = () => opened.promise
    const store = checkedDurableStore(naked)
    const opening = store.open()
    const closing = store.close()
    opened.resolve()
    await opening
    await closing
    await expect(store.load(key)).rejects.toMatchObject({ code: 'NOT_OPEN' })
    expect(naked.loads).toBe(0)
  })

  it('wraps foreign errors with their cause, and leaves ours as they are', async () => {
    const naked = fakeRemoteStore(false)
    const store = checkedDurableStore(naked)
    await store.open()
    const cause = new TypeError('socket hang up')
    naked.answer = () => Promise.reject(cause)
    await expect(store.load(key)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: 'Cannot load in fake: socket hang up',
      cause,
    })
    naked.answer = () => Promise.reject('only text')
    await expect(store.load(key)).rejects.toMatchObject({ code: 'STORE_FAILED', cause: 'only text' })
    const ours = new ThermoclineError('STORE_FULL', 'full')
    naked.answer = () => Promise.reject(ours)
    await expect(store.load(key)).rejects.toBe(ours)
  })

  it('publishes one event per call', async () => {
    const naked = fakeRemoteStore(false)
    const store = checkedDurableStore(naked)
    await store.open()
    const events: StoreCallEvent[] = []
    const listen = (event: unknown): void => void events.push(event as StoreCallEvent)
    storeChannel.subscribe(listen)
    await store.load(key)
    naked.answer = () => Promise.reject(new Error('no'))
    await store.load(key).catch(() => undefined)
    storeChannel.unsubscribe(listen)
    await store.load(key).catch(() => undefined)
    expect(events).toEqual([
      { store: 'fake', operation: 'load', durationMs: expect.any(Number), error: undefined },
      { store: 'fake', operation: 'load', durationMs: expect.any(Number), error: 'STORE_FAILED' },
    ])
  })

  it('has the promised bounds', () => {
    expect(CHECKED_STORE_DEFAULTS).toEqual({
      timeoutMs: 5000,
      maxInFlight: 100,
      maxWaiting: 1000,
      breakerFailures: 5,
      breakerHalfOpenMs: 1000,
    })
  })
})

describe('a checked remote store', () => {
  it('gives up on a call after its deadline, whatever becomes of it later', async () => {
    const naked = fakeRemoteStore()
    const store = checkedDurableStore(naked, { timeoutMs: 20 })
    await store.open()
    const late = Promise.withResolvers<undefined>()
    naked.answer = () => late.promise
    const startedAt = performance.now()
    await expect(store.load(key)).rejects.toMatchObject({ code: 'STORE_TIMEOUT' })
    expect(performance.now() - startedAt).toBeLessThan(150)
    // A rejection that nobody waits for must not end the process.
    late.reject(new Error('too late'))
    await pause(1)
  })

  it('has no deadline where the store is not remote', async () => {
    const naked = fakeRemoteStore(false)
    const store = checkedDurableStore(naked, { timeoutMs: 5 })
    await store.open()
    naked.answer = async () => void (await pause(20))
    await store.load(key)
  })

  it('lets so many calls through at once, keeps so many waiting, and refuses the rest', async () => {
    const naked = fakeRemoteStore()
    const store = checkedDurableStore(naked, { maxInFlight: 2, maxWaiting: 3 })
    await store.open()
    const gate = Promise.withResolvers<undefined>()
    naked.answer = () => gate.promise
    const outcomes = Array.from({ length: 7 }, () =>
      store.load(key).then(
        () => 'done',
        (error: unknown) => (error as ThermoclineError).code,
      ),
    )
    expect(await Promise.all(outcomes.slice(5))).toEqual(['OVERLOADED', 'OVERLOADED'])
    gate.resolve(undefined)
    expect(await Promise.all(outcomes)).toEqual([...new Array(5).fill('done'), 'OVERLOADED', 'OVERLOADED'])
    expect([naked.loads, naked.peak]).toEqual([5, 2])
  })

  it.each<[string, () => Promise<undefined>]>([
    ['errors of the service', () => Promise.reject(new Error('down'))],
    ['refusals', () => Promise.reject(new ThermoclineError('STORE_UNAVAILABLE', 'down'))],
    ['silence', hang],
  ])('leaves a service alone after %s in a row, and comes back by itself', async (_, fails) => {
    const naked = fakeRemoteStore()
    const store = checkedDurableStore(naked, { timeoutMs: 10, breakerFailures: 3, breakerHalfOpenMs: 30 })
    await store.open()
    naked.answer = fails
    for (let i = 0; i < 3; i++) await store.load(key).catch(() => undefined)
    expect(naked.loads).toBe(3)
    // Open: refused at once, and the service hears nothing.
    for (let i = 0; i < 5; i++) await expect(store.load(key)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(naked.loads).toBe(3)
    await pause(40)
    // Half open: one call tries, fails, and the rest is refused again.
    await store.load(key).catch(() => undefined)
    await expect(store.load(key)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(naked.loads).toBe(4)
    await pause(40)
    naked.answer = async () => undefined
    for (let i = 0; i < 5; i++) await store.load(key)
    expect(naked.loads).toBe(9)
  })

  it('counts neither what callers did wrong nor failures with answers between them', async () => {
    const naked = fakeRemoteStore()
    const store = checkedDurableStore(naked, { breakerFailures: 3 })
    await store.open()
    naked.answer = () => Promise.reject(new ThermoclineError('INVALID_ARGUMENT', 'a bad cursor'))
    for (let i = 0; i < 10; i++) await expect(store.load(key)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    for (let i = 0; i < 10; i++) {
      naked.answer = i % 2 === 0 ? () => Promise.reject(new Error('hiccup')) : async () => undefined
      await store.load(key).catch(() => undefined)
    }
    expect(naked.loads).toBe(20)
  })
})
