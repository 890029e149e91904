import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { ManualClock } from '../../src/testing/index.ts'

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

describe('the system clock', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 5000 }))
  afterEach(() => void vi.useRealTimers())

  it('tells the time', () => {
    expect(systemClock.now()).toBe(5000)
  })

  it('calls again and again until it is stopped', () => {
    const calls: number[] = []
    const stop = systemClock.every(10, () => calls.push(systemClock.now()))
    vi.advanceTimersByTime(35)
    stop()
    stop()
    vi.advanceTimersByTime(100)
    expect(calls).toEqual([5010, 5020, 5030])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('sleeps, and wakes when the signal is aborted', async () => {
    const { signal, abort } = abortable()
    const slept = systemClock.sleep(50, signal)
    await vi.advanceTimersByTimeAsync(50)
    await slept
    expect([vi.getTimerCount(), listenersOf(signal)]).toEqual([0, 0])
    const woken = systemClock.sleep(1_000_000, signal)
    abort()
    await woken
    expect([vi.getTimerCount(), listenersOf(signal)]).toEqual([0, 0])
    await systemClock.sleep(1_000_000, signal)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a timer of the system clock', () => {
  it('never keeps a process alive', () => {
    const set = vi.spyOn(globalThis, 'setInterval')
    const stop = systemClock.every(1_000_000, () => undefined)
    const timer: NodeJS.Timeout = set.mock.results[0]!.value
    expect(timer.hasRef()).toBe(false)
    set.mockRestore()
    stop()
  })
})

describe('a manual clock', () => {
  it('stands still until it is moved', () => {
    const clock = new ManualClock(1000)
    expect(clock.now()).toBe(1000)
    clock.advance(5)
    expect(clock.now()).toBe(1005)
    clock.set(1)
    expect(clock.now()).toBe(1)
    expect(new ManualClock().now()).toBe(Date.UTC(2026, 0, 1))
  })

  it('runs what falls due in order of time, at its time', () => {
    const clock = new ManualClock(0)
    const ran: string[] = []
    const note = (name: string) => () => void ran.push(`${name} ${clock.now()}`)
    const stop = clock.every(10, note('ten'))
    clock.every(4, note('four'))
    clock.advance(12)
    stop()
    clock.advance(10)
    expect(ran).toEqual(['four 4', 'four 8', 'ten 10', 'four 12', 'four 16', 'four 20'])
    expect(clock.pending).toBe(1)
  })

  it('runs what a callback sets up within the same step', () => {
    const clock = new ManualClock(0)
    let inner = 0
    clock.every(10, () => {
      const stop = clock.every(2, () => {
        inner = clock.now()
        stop()
      })
    })
    clock.advance(15)
    expect(inner).toBe(12)
  })

  it('ends each step, also with a timer of 0 ms', () => {
    const clock = new ManualClock(0)
    let calls = 0
    clock.every(0, () => (calls += 1))
    clock.advance(5)
    expect(calls).toBe(5)
  })

  it('lets sleepers sleep until their time or until they are woken', async () => {
    const clock = new ManualClock(0)
    const { signal, abort } = abortable()
    const woke: string[] = []
    const short = clock.sleep(10, signal).then(() => woke.push('short'))
    const long = clock.sleep(1000, signal).then(() => woke.push('long'))
    clock.advance(9)
    await Promise.resolve()
    expect(woke).toEqual([])
    clock.advance(1)
    await short
    expect([woke, clock.pending, listenersOf(signal)]).toEqual([['short'], 1, 1])
    abort()
    await long
    await clock.sleep(10, signal)
    expect([clock.pending, listenersOf(signal)]).toEqual([0, 0])
  })
})

function abortable(): { signal: AbortSignal; abort(): void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
