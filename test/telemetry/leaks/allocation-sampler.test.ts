import { Session } from 'node:inspector'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AllocationSampler } from '../../../src/telemetry/leaks/allocation-sampler.ts'

function makeBoats(count: number): readonly object[] {
  return Array.from({ length: count }, (_, i) => ({ name: `boat ${i}`, sails: [i, i + 1, i + 2] }))
}

describe('a sampler of allocations', () => {
  it('begins anew where somebody else has ended V8’s one sampling', () => {
    const sampler = new AllocationSampler(1024)
    sampler.start()
    onTestFinished(() => sampler.stop())
    const before = makeBoats(10_000)
    const here = () => sampler.read().some(({ site }) => site.url.includes('allocation-sampler.test'))
    expect(here()).toBe(true)
    const other = new Session()
    other.connect()
    other.post('HeapProfiler.stopSampling')
    other.disconnect()
    expect(sampler.read()).toEqual([])
    const after = makeBoats(10_000)
    expect(here()).toBe(true)
    expect([before.length, after.length]).toEqual([10_000, 10_000])
  })
})
