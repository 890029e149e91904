import { describe, expect, it } from 'vitest'
import { LowPoints } from '../../../src/telemetry/leaks/low-points.ts'

describe('the low points of a window', () => {
  it('are the lowest of each 24th', () => {
    const low = new LowPoints(2400)
    for (const [atMs, value] of [
      [5, 9],
      [50, 7],
      [99, 8],
      [100, 12],
      [260, 6],
    ] as const)
      low.add(atMs, value)
    expect(low.points.map(({ atMs, value }) => [atMs, value])).toEqual([
      [50, 7],
      [100, 12],
      [260, 6],
    ])
    expect(low.covers(299)).toBe(true)
    expect(low.covers(300)).toBe(false)
  })

  it('are at most 24, whatever comes', () => {
    const low = new LowPoints(2400)
    for (let atMs = 0; atMs < 100_000; atMs += 7) low.add(atMs, atMs)
    expect(low.points).toHaveLength(24)
    expect(low.points[0]?.atMs).toBeGreaterThan(97_000)
  })

  it('forget what is older than the window, also after a pause', () => {
    const low = new LowPoints(2400)
    low.add(0, 1)
    low.add(1_000_000, 2)
    expect(low.points.map(({ value }) => value)).toEqual([2])
  })

  it('begin again where the clock was set back', () => {
    const low = new LowPoints(2400)
    low.add(5000, 1)
    low.add(1000, 2)
    low.add(1300, 3)
    expect(low.points.map(({ value }) => value)).toEqual([2, 3])
    // Not where it was only set right.
    low.add(1350, 4)
    low.add(1320, 2.5)
    expect(low.points.map(({ value }) => value)).toEqual([2, 2.5])
  })
})
