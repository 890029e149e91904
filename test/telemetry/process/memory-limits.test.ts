import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryLimits } from '../../../src/telemetry/process/memory-limits.ts'
import { ProcessSampler } from '../../../src/telemetry/process/process-sampler.ts'

const MB = 1024 * 1024

describe('how much is used', () => {
  const folders: string[] = []

  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })

  /** A container of this size, so full. */
  function container(limitMb: number, usedMb: number): { root: string; membership: string } {
    const root = mkdtempSync(join(tmpdir(), 'cgroup-'))
    folders.push(root)
    writeFileSync(join(root, 'membership'), '0::/\n')
    writeFileSync(join(root, 'memory.max'), String(limitMb * MB))
    writeFileSync(join(root, 'memory.current'), String(usedMb * MB))
    return { root, membership: join(root, 'membership') }
  }

  it('is of the container where that is nearest to its limit', () => {
    const limits = new MemoryLimits({ cgroupPlaces: container(1_000, 970) })
    expect(limits.read().percentUsed).toBeCloseTo(97)
    const sample = new ProcessSampler({ limits }).sample()
    expect(sample.percentUsed).toBeCloseTo(97)
    expect(sample.container).toEqual({ limitBytes: 1_000 * MB, usedBytes: 970 * MB, source: 'cgroup-v2' })
    expect([sample.totalMemoryBytes, sample.availableMemoryBytes]).toEqual([1_000 * MB, 30 * MB])
  })

  it('is of the heap otherwise', () => {
    const sample = new ProcessSampler({ limits: new MemoryLimits({ cgroupPlaces: container(1_000, 0.01) }) }).sample()
    // What is young is mostly garbage, and counts for nothing.
    expect(sample.percentUsed).toBe((100 * sample.oldGenerationBytes) / sample.heapLimitBytes)
    expect(sample.oldGenerationBytes).toBeLessThan(sample.heapUsedBytes)
  })

  it('is of the soft limit where that is nearest', () => {
    const { percentUsed } = new MemoryLimits({ maxHeapMb: 10, cgroupPlaces: container(1_000, 0.01) }).read()
    const { heapUsed, external } = process.memoryUsage()
    expect(percentUsed / ((100 * (heapUsed + external)) / (10 * MB))).toBeCloseTo(1, 1)
  })

  it('takes a soft limit for no higher than that of the container; that of V8 is for the heap alone', () => {
    const limits = new MemoryLimits({ maxHeapMb: 1_000_000, cgroupPlaces: container(500, 100) })
    const soft = limits.read().limits.find(({ kind }) => kind === 'soft')
    expect(soft?.limitBytes).toBe(500 * MB)
  })

  it.each([0, -1, Number.NaN, '256'])('refuses a soft limit of %s', (maxHeapMb) => {
    expect(() => new MemoryLimits({ maxHeapMb: maxHeapMb as number })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    )
  })
})
