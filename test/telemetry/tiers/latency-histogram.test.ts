import { expect, it } from 'vitest'
import { LATENCY_BOUNDS_MS, LatencyHistogram } from '../../../src/telemetry/tiers/latency-histogram.ts'

it('says nothing of nothing', () => {
  expect(new LatencyHistogram().metrics()).toMatchObject({ count: 0, sumMs: 0, maxMs: 0, p50Ms: 0, p99Ms: 0 })
})

it('counts a time in the first bucket whose bound it does not pass', () => {
  const histogram = new LatencyHistogram()
  for (const bound of LATENCY_BOUNDS_MS) histogram.record(bound)
  histogram.record(60_000)
  expect(histogram.metrics().buckets).toEqual([...LATENCY_BOUNDS_MS.map(() => 1), 1])
})

it('estimates quantiles to within the bucket, and never above the longest time', () => {
  const histogram = new LatencyHistogram()
  for (let i = 1; i <= 1_000; i++) histogram.record(i / 100)
  histogram.record(700)
  const { count, sumMs, maxMs, p50Ms, p99Ms } = histogram.metrics()
  expect([count, maxMs]).toEqual([1_001, 700])
  expect(sumMs).toBeCloseTo(5_705)
  expect(p50Ms).toBeCloseTo(5, 0)
  expect(p99Ms).toBeGreaterThan(9)
  expect(p99Ms).toBeLessThanOrEqual(10)
  const one = new LatencyHistogram()
  one.record(3)
  expect(one.metrics().p99Ms).toBeLessThanOrEqual(3)
})
