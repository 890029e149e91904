import { describe, expect, it } from 'vitest'
import { RiseWatch } from '../../../src/telemetry/leaks/rise-watch.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'

const MB = 1024 * 1024
const MINUTE = 60_000
const WINDOW = 30 * MINUTE

/** MB after full collections at a time in minutes. */
type Memory = (minute: number, random: () => number) => number

interface Told {
  /** Minutes after which a growth of 100 MB was told first. */
  readonly minutes: number | undefined
  readonly growthMb: number
}

/** One reading each minute, one judgement for each. */
function watchFor(hours: number, memory: Memory, seed = 1): Told {
  const watch = new RiseWatch(WINDOW)
  const random = seededRandom(seed)
  for (let minute = 0; minute < hours * 60; minute++) {
    watch.add(minute * MINUTE, memory(minute, random) * MB)
    const state = watch.judge()
    if (state.kind === 'rising' && state.isSteady && state.sureGrowthBytes >= 100 * MB) {
      return { minutes: minute, growthMb: state.growthBytes / MB }
    }
  }
  return { minutes: undefined, growthMb: 0 }
}

/** Noise that remembers: each value is partly the last one. With a standard deviation, in MB. */
function noise(deviation: number, memoryMinutes: number): Memory {
  const keep = Math.exp(-1 / memoryMinutes)
  let value = 0
  return (_, random) => {
    const normal = Array.from({ length: 12 }, random).reduce((sum, part) => sum + part, -6)
    value = keep * value + Math.sqrt(1 - keep * keep) * deviation * normal
    return 300 + value
  }
}

describe('a leak', () => {
  it.each([
    [30, 'slow', 200],
    [60, 'of a MB a minute', 100],
    [240, 'fast', 27],
    [3000, 'very fast', 27],
  ])('of %i MB per hour (%s) is told once it has grown by 100 MB and a window is full', (perHour, _, minutes) => {
    const told = watchFor(12, (minute) => 200 + (perHour * minute) / 60)
    expect(told.minutes).toBeGreaterThanOrEqual(minutes - 5)
    expect(told.minutes).toBeLessThanOrEqual(minutes + 5)
  })

  it('is told in the noise of work that comes and goes', () => {
    const around = noise(5, 3)
    expect(watchFor(12, (minute, random) => around(minute, random) + minute).minutes).toBeLessThan(150)
  })

  it('is told under batches larger than what leaks in a window', () => {
    const told = watchFor(12, (minute) => 200 + minute * 2 + (minute % 3) * 60)
    expect(told.minutes).toBeLessThan(90)
  })

  it('is told in noise that hides it in one window', () => {
    const around = noise(30, 3)
    const told = watchFor(12, (minute, random) => around(minute, random) + minute)
    expect(told.minutes).toBeGreaterThan(90)
    expect(told.minutes).toBeLessThan(360)
  })

  it('that comes again after it was dropped is told again, once that is known', () => {
    const watch = new RiseWatch(WINDOW)
    const toldAt: number[] = []
    let isTold = false
    for (let minute = 0; minute < 300; minute++) {
      watch.add(minute * MINUTE, (200 + 4 * (minute % 150)) * MB)
      const state = watch.judge()
      if (state.kind !== 'rising') {
        if (isTold) watch.forgetHeld()
        isTold = false
      } else if (!isTold && state.isSteady && state.sureGrowthBytes >= 100 * MB) {
        isTold = true
        toldAt.push(minute)
      }
    }
    expect(toldAt).toHaveLength(2)
    expect(Number(toldAt[1]) - 150).toBeLessThan(60)
  })

  it('that begins after a day is told as well', () => {
    const told = watchFor(36, (minute) => 200 + Math.max(0, minute - 24 * 60) * 2)
    expect(told.minutes).toBeGreaterThan(24 * 60 + 40)
    expect(told.minutes).toBeLessThan(24 * 60 + 75)
  })
})

describe('nothing is told of', () => {
  it.each<[string, Memory]>([
    ['a memory that stays', () => 200],
    ['a table that is loaded', (minute) => (minute < 55 ? 200 : 900)],
    ['a memory that shrinks', (minute) => Math.max(100, 3000 - minute)],
    ['a cache that fills up within a window', (minute) => 200 + 400 * (1 - Math.exp(-minute / 6))],
    [
      'a cache that fills for longer than a window, less and less',
      (minute) => 200 + 400 * (1 - Math.exp(-minute / 20)),
    ],
    ['a job of 18 minutes each hour', (minute) => 200 + Math.max(0, (minute % 60) - 42) * 20],
    ['batches of 10 minutes', (minute) => 200 + (minute % 10) * 40],
    ['a wave of 20 minutes', (minute) => 500 + 200 * Math.sin((2 * Math.PI * minute) / 20)],
    ['growth that ends before the threshold', (minute) => 200 + Math.min(80, minute)],
  ])('%s', (_, memory) => {
    expect(watchFor(24, memory)).toEqual({ minutes: undefined, growthMb: 0 })
  })

  it.each([
    [10, 1],
    [10, 60],
    [30, 30],
  ])('noise with a deviation of %i MB that remembers %i minutes, over three days', (deviation, memoryMinutes) => {
    expect(watchFor(72, noise(deviation, memoryMinutes), 3).minutes).toBeUndefined()
  })
})

it('a load that rises each morning is told of on the first day only', () => {
  const load: Memory = (minute) => 300 - 200 * Math.cos((2 * Math.PI * minute) / (24 * 60))
  const watch = new RiseWatch(WINDOW)
  const told = new Set<number>()
  for (let minute = 0; minute < 5 * 24 * 60; minute++) {
    watch.add(minute * MINUTE, load(minute, () => 0) * MB)
    const state = watch.judge()
    if (state.kind === 'rising' && state.isSteady && state.sureGrowthBytes >= 100 * MB) {
      told.add(Math.floor(minute / (24 * 60)))
    }
  }
  expect([...told]).toEqual([0])
})

// The limit of any such judgement; the threshold is for it.
describe('what can not be told from a leak', () => {
  it('is a cache that fills by more than the threshold for longer than the window', () => {
    expect(watchFor(12, (minute) => 200 + Math.min(500, minute * 3)).minutes).toBeLessThan(60)
  })
})
