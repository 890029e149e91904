import { describe, expect, it } from 'vitest'
import { CollectingShare } from '../../../src/telemetry/pressure/collecting-share.ts'

describe('the share of the time that collections take', () => {
  it('is of the last ten seconds, so that a single long one is no trouble', () => {
    const share = new CollectingShare()
    share.add(0, 0)
    share.add(1000, 1000)
    expect(share.ratio(1000, 1000)).toBeCloseTo(0.1)
    for (let second = 2; second <= 20; second++) share.add(second * 1000, 1000)
    expect(share.ratio(20_000, 1000)).toBe(0)
  })

  it('grows to all of it where nothing else is done', () => {
    const share = new CollectingShare()
    for (let second = 0; second <= 30; second++) share.add(second * 1000, second * 900)
    expect(share.ratio(30_000, 30 * 900)).toBeCloseTo(0.9)
  })

  it('begins anew with the counts, and with the clock', () => {
    const share = new CollectingShare()
    for (let second = 0; second <= 30; second++) share.add(second * 1000, second * 900)
    share.add(31_000, 0)
    expect(share.ratio(31_000, 0)).toBe(0)
    share.add(5_000, 10)
    expect(share.ratio(5_000, 10)).toBe(0)
  })
})
