import { describe, expect, it } from 'vitest'
import { Deadlines } from '../../src/lib/deadlines.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'

const LIMIT_MS = 250

const tooLate = (): Error => new Error('too late')
const never = (): Promise<never> => new Promise(() => undefined)

/** Lets what falls due happen, with the turns that it takes. */
async function advance(clock: ManualClock, ms: number): Promise<void> {
  clock.advance(ms)
  for (let turns = 0; turns < 4; turns++) await new Promise((resolve) => setImmediate(resolve))
}

function setUp() {
  const clock = new ManualClock()
  /** What the clock on the wall shows more than has passed; timers go by what has passed. */
  const wall = { aheadMs: 0 }
  const deadlines = new Deadlines(LIMIT_MS, {
    now: () => clock.now() + wall.aheadMs,
    every: (ms, callback) => clock.every(ms, callback),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  })
  /** How a call ended, once it has. */
  const watch = <T>(work: Promise<T>): { ended: unknown } => {
    const state: { ended: unknown } = { ended: undefined }
    deadlines.limit(work, tooLate).then(
      (value) => (state.ended = value),
      (error: Error) => (state.ended = error.message),
    )
    return state
  }
  return { clock, wall, deadlines, watch }
}

describe('a deadline', () => {
  it('lets through what the work comes to in time, failures too', async () => {
    const { deadlines } = setUp()
    await expect(deadlines.limit(Promise.resolve('done'), tooLate)).resolves.toBe('done')
    await expect(deadlines.limit(Promise.reject(new Error('broken')), tooLate)).rejects.toThrow('broken')
  })

  it('runs out after its time and not before, and what comes then is not heard of', async () => {
    const { clock, watch } = setUp()
    const work = Promise.withResolvers<string>()
    const call = watch(work.promise)
    await advance(clock, LIMIT_MS - 1)
    expect(call.ended).toBeUndefined()
    await advance(clock, 1)
    expect(call.ended).toBe('too late')
    // A rejection that nobody waits for must not end the process.
    work.reject(new Error('broken'))
    await advance(clock, 1)
    expect(call.ended).toBe('too late')
  })

  it('is each call its own, with one timer for all of them', async () => {
    const { clock, watch } = setUp()
    const first = Array.from({ length: 1000 }, () => watch(never()))
    await advance(clock, 100)
    const second = Array.from({ length: 1000 }, () => watch(never()))
    expect(clock.pending).toBe(1)
    await advance(clock, LIMIT_MS - 100)
    expect([new Set(first.map(({ ended }) => ended)), new Set(second.map(({ ended }) => ended))]).toEqual([
      new Set(['too late']),
      new Set([undefined]),
    ])
    await advance(clock, 100)
    expect(new Set(second.map(({ ended }) => ended))).toEqual(new Set(['too late']))
    expect(clock.pending).toBe(0)
  })

  it('begins anew after a rest', async () => {
    const { clock, watch } = setUp()
    watch(never())
    await advance(clock, LIMIT_MS)
    const later = watch(never())
    await advance(clock, LIMIT_MS - 1)
    expect(later.ended).toBeUndefined()
    await advance(clock, 1)
    expect(later.ended).toBe('too late')
  })

  it('lets an answer go first that is there already when a busy process looks at the clock', async () => {
    const { clock, watch } = setUp()
    const call = watch(new Promise((resolve) => setImmediate(() => resolve('just in time'))))
    await advance(clock, 10 * LIMIT_MS)
    expect(call.ended).toBe('just in time')
  })

  it.each([10, 200, LIMIT_MS, 3_600_000])('is not put off by a clock that steps back by %i ms', async (stepMs) => {
    const { clock, wall, watch } = setUp()
    const call = watch(never())
    await advance(clock, 100)
    wall.aheadMs -= stepMs
    const during = watch(never())
    // Whoever waited then may have to wait once more as long.
    for (let ms = 0; ms < 2 * LIMIT_MS; ms += 50) await advance(clock, 50)
    expect([call.ended, during.ended]).toEqual(['too late', 'too late'])
  })

  it('leaves no timer once it is closed, and limits nothing any more', async () => {
    const { clock, deadlines, watch } = setUp()
    const work = Promise.withResolvers<string>()
    const call = watch(work.promise)
    deadlines.close()
    await advance(clock, 0)
    expect(clock.pending).toBe(0)
    await advance(clock, 10 * LIMIT_MS)
    expect(call.ended).toBeUndefined()
    work.resolve('done')
    await advance(clock, 0)
    expect(call.ended).toBe('done')
  })
})
