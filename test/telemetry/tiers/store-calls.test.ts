import { expect, it, onTestFinished } from 'vitest'
import { type StoreCallEvent, storeBeginChannel, storeChannel } from '../../../src/lib/trace.ts'
import { StoreCalls } from '../../../src/telemetry/tiers/store-calls.ts'
import { faultyDurableStore } from '../../../src/testing/index.ts'
import { addAll, CHAT, message } from '../../support/items.ts'
import { emptyPlace } from '../../support/memories.ts'

function started(): StoreCalls {
  const calls = new StoreCalls()
  calls.start()
  onTestFinished(() => calls.stop())
  return calls
}

function publish(event: Partial<StoreCallEvent>): void {
  storeChannel.publish({ store: 'disk', operation: 'load', durationMs: 1, error: undefined, ...event })
}

it('counts what the stores of a manager did, by operation, with how long it took', async () => {
  const calls = started()
  const memory = emptyPlace('sqlite').open()
  await addAll(memory, ['one', 'two', 'three'])
  await memory.getConversationHistory({ ...CHAT, read: 'strong' })
  const sqlite = calls.collect().find(({ store }) => store === 'sqlite')
  const append = sqlite?.operations.find(({ operation }) => operation === 'append')
  expect(append).toMatchObject({ errors: 0, latency: { count: append?.calls } })
  expect(append?.calls).toBeGreaterThan(0)
  expect(append?.latency.sumMs).toBeGreaterThan(0)
  expect(sqlite).toMatchObject({ errors: 0, errorsByCode: {}, isFailing: false, lastFailure: undefined })
})

it('tells when a store began to fail, and when it was well again', async () => {
  const calls = started()
  const place = emptyPlace('in-process')
  let isDown = false
  const durable = faultyDurableStore(place.store(), () => (isDown ? 'refuse' : 'none'))
  const memory = place.open({ stores: { durable, hot: place.hot() } })
  const collect = () => calls.collect().find(({ store }) => store === durable.name)
  await memory.addMemoryItem(message('one'))
  expect(collect()).toMatchObject({ isFailing: false, recentFailures: 0 })
  isDown = true
  await expect(memory.addMemoryItem(message('two'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  const failing = collect()
  expect(failing).toMatchObject({ isFailing: true, lastFailure: 'STORE_UNAVAILABLE' })
  expect(failing?.recentFailures).toBeGreaterThan(0)
  expect(failing?.errorsByCode).toEqual({ STORE_UNAVAILABLE: failing?.errors })
  isDown = false
  await memory.addMemoryItem(message('three'))
  expect(collect()).toMatchObject({ isFailing: false, recentFailures: 0, errors: failing?.errors })
})

it('takes what callers did for no failure of the store', () => {
  const calls = started()
  publish({ error: 'CONFLICT' })
  expect(calls.collect()).toMatchObject([{ errors: 1, recentErrors: 1, recentFailures: 0, isFailing: false }])
  publish({ error: 'STORE_TIMEOUT' })
  // Not even sent: so it says nothing of the service.
  publish({ error: 'OVERLOADED' })
  expect(calls.collect()).toMatchObject([
    { errors: 3, recentErrors: 2, recentFailures: 1, recentSilent: 1, isFailing: true },
  ])
  publish({ error: 'CONFLICT' })
  expect(calls.collect()).toMatchObject([{ isFailing: false, recentCalls: 1, recentSilent: 0 }])
})

it('counts only while it is started, and keeps what it counted', () => {
  const calls = started()
  calls.start()
  publish({})
  calls.stop()
  publish({})
  expect(calls.collect()).toMatchObject([{ calls: 1, recentCalls: 1 }])
  expect(calls.collect()).toMatchObject([{ calls: 1, recentCalls: 0 }])
})

it('takes a bounded place, whatever the names', () => {
  const calls = started()
  for (let i = 0; i < 1_000; i++) publish({ store: `store-${i}`, operation: `operation-${i}`, error: `CODE_${i}` })
  for (let i = 0; i < 1_000; i++) publish({ store: 'store-0', operation: `operation-${i}`, error: `CODE_${i}` })
  const metrics = calls.collect()
  expect(metrics.length).toBeLessThanOrEqual(17)
  expect(metrics[0]?.operations.length).toBeLessThanOrEqual(65)
  expect(Object.keys(metrics[0]?.errorsByCode ?? {}).length).toBeLessThanOrEqual(65)
  expect(metrics.reduce((sum, store) => sum + store.calls, 0)).toBe(2_000)
  expect(metrics.at(-1)).toMatchObject({ store: 'other', calls: 1_000 - 16 })
})

it('tells for how long calls have been under way and none has ended well', async () => {
  const calls = started()
  const stalledMs = () => calls.collect()[0]?.stalledMs
  const begin = () => storeBeginChannel.publish({ store: 'far' })
  const longer = async (ms: number) => {
    const until = performance.now() + ms
    while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve))
  }
  begin()
  begin()
  await longer(20)
  expect(stalledMs()).toBeGreaterThanOrEqual(20)
  publish({ store: 'far', error: 'STORE_TIMEOUT' })
  expect(stalledMs()).toBeGreaterThanOrEqual(20)
  begin()
  publish({ store: 'far' })
  expect(stalledMs()).toBeLessThan(20)
  publish({ store: 'far' })
  expect(stalledMs()).toBe(0)
  // Of one that began before anybody listened.
  publish({ store: 'far' })
  begin()
  calls.stop()
  calls.start()
  expect(stalledMs()).toBe(0)
})
