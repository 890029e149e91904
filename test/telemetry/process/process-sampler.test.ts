import { spawnSync } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../../../emulators/until.ts'
import { ProcessSampler } from '../../../src/telemetry/process/process-sampler.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'

const MB = 1024 * 1024
const SAMPLER = fileURLToPath(new URL('../../../src/telemetry/process/process-sampler.ts', import.meta.url))
const samplers: ProcessSampler[] = []

afterEach(() => {
  for (const sampler of samplers.splice(0)) sampler.stop()
})

function started(options: ConstructorParameters<typeof ProcessSampler>[0] = {}): ProcessSampler {
  const sampler = new ProcessSampler(options)
  samplers.push(sampler)
  sampler.start()
  return sampler
}

function busy(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('a sample of the process', () => {
  it('says what memory it holds and where', () => {
    const clock = new ManualClock()
    const sampler = started({ clock })
    const before = sampler.sample()
    const buffer = Buffer.alloc(64 * MB, 1)
    clock.advance(1_000)
    const after = sampler.sample()
    expect(after.at - before.at).toBe(1_000)
    expect(after.arrayBuffersBytes - before.arrayBuffersBytes).toBeGreaterThanOrEqual(buffer.length)
    expect(after.externalBytes).toBeGreaterThanOrEqual(after.arrayBuffersBytes)
    expect(after.rssBytes - before.rssBytes).toBeGreaterThan(32 * MB)
    expect(after.maxRssBytes).toBeGreaterThanOrEqual(after.rssBytes * 0.9)
    expect(after.oldGenerationBytes).toBeLessThanOrEqual(after.heapUsedBytes)
    expect(after.heapUsedBytes).toBeLessThanOrEqual(after.heapTotalBytes)
    expect(after.heapSpaces.map(({ name }) => name)).toContain('old_space')
    expect(Object.isFrozen(after)).toBe(true)
  })

  it('says how busy the cores are that it may use', () => {
    const sampler = started()
    busy(100)
    expect(sampler.sample().cpuPercent, 'a moment says nothing').toBe(0)
    busy(1_000)
    const { cpuPercent, cores } = sampler.sample()
    // Other processes may have had the core meanwhile.
    expect(cpuPercent).toBeGreaterThan(10 / cores)
    expect(cpuPercent).toBeLessThanOrEqual(100)
  })

  it('says by how much something was late since the last sample, also when that began at once', async () => {
    const sampler = started()
    await until('the meter has run', () => Promise.resolve(sampler.sample().eventLoopDelay.maxMs > 0))
    busy(300)
    let delay = sampler.sample().eventLoopDelay
    await until('the delay is told', async () => {
      await setImmediate()
      const next = sampler.sample().eventLoopDelay
      if (next.maxMs > delay.maxMs) delay = next
      return delay.maxMs > 200
    })
    expect(delay.p99Ms).toBeGreaterThan(200)
    expect(delay.meanMs).toBeLessThanOrEqual(delay.maxMs)
  })

  it('counts collections since start, and what lived after the last full one', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const sampler = started()
    expect(sampler.sample().collections.major.count).toBe(0)
    expect(sampler.sample().oldGenerationBytesAfterMajor).toBeUndefined()
    collect()
    await until('it is counted', async () => {
      await setImmediate()
      return sampler.sample().collections.major.count > 0
    })
    const { collections, oldGenerationBytesAfterMajor, heapLimitBytes } = sampler.sample()
    expect(collections.major.pauseMs).toBeGreaterThan(0)
    expect(collections.major.maxPauseMs).toBeLessThanOrEqual(collections.major.pauseMs)
    expect(oldGenerationBytesAfterMajor).toBeGreaterThan(MB)
    expect(oldGenerationBytesAfterMajor).toBeLessThan(heapLimitBytes)
    sampler.stop()
    sampler.start()
    expect(sampler.sample().collections.major.count).toBe(0)
  })
})

it('keeps no process alive, started or not', () => {
  const code = `
    import { ProcessSampler } from ${JSON.stringify(SAMPLER)}
    const sampler = new ProcessSampler()
    sampler.start()
    console.log(sampler.sample().rssBytes > 0)`
  const { stdout, status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect({ stdout, status, signal }).toEqual({ stdout: 'true\n', status: 0, signal: null })
})
