import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import type { LeakDetectorOptions } from '../../../src/telemetry/leaks/leak-options.ts'
import type { LeakReport } from '../../../src/telemetry/leaks/leak-report.ts'
import { MemoryLeakDetector } from '../../../src/telemetry/leaks/memory-leak-detector.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const WINDOW_MS = 24_000
const SLOT_MS = 1000

/** What the programs under watch hold. */
let kept: unknown[] = []
let running: MemoryLeakDetector | undefined

afterEach(() => {
  running?.stop()
  kept = []
})

function watch(options: LeakDetectorOptions = {}) {
  const clock = new ManualClock()
  const reports: LeakReport[] = []
  let collections = 0
  const detector = new MemoryLeakDetector({
    clock,
    windowMs: WINDOW_MS,
    warmUpMs: 0,
    collect: 'always',
    leakDetectionThresholdMb: 10,
    samplingIntervalBytes: 16_384,
    collectGarbage: () => {
      collections++
      collectGarbage()
    },
    onLeak: (report) => reports.push(report),
    ...options,
  })
  running = detector
  detector.start()
  return {
    clock,
    detector,
    reports,
    collections: () => collections,
    async run(slots: number, step: () => void): Promise<void> {
      for (let slot = 0; slot < slots; slot++) {
        step()
        clock.advance(SLOT_MS)
        // V8 tells of a collection in a later turn.
        for (let turn = 0; turn < 5; turn++) await setImmediate()
      }
    },
  }
}

function keepObjects(): void {
  for (let index = 0; index < 12_000; index++) kept.push({ index, at: [index, index + 0.5] })
}

describe('the detector', () => {
  it('reports a leak with how much, how fast, and who allocated it', async () => {
    const { detector, reports, run } = watch()
    await run(26, keepObjects)
    const [report] = reports
    expect(report?.growthMb).toBeGreaterThan(10)
    expect(report?.confidence).toBeGreaterThan(0.999)
    const [low, high] = report?.growthMbPerHourRange ?? [0, 0]
    expect(low).toBeGreaterThan(1000)
    expect(report?.growthMbPerHour).toBeGreaterThanOrEqual(low)
    expect(report?.growthMbPerHour).toBeLessThanOrEqual(high)
    expect(report?.grew.kinds[0]?.kind).toMatch(/objects/)
    expect(report?.grew.sites[0]?.site).toMatchObject({
      functionName: 'keepObjects',
      url: expect.stringContaining('memory-leak-detector.test.ts'),
    })
    expect(report?.message).toMatch(/^Memory after full collections grew by [\d.]+ MB in 2\d s \(.* keepObjects \(/)
    expect(detector.getState()).toEqual({ kind: 'leaking', report })
  })

  it('tells of one leak once, and again when it has doubled', async () => {
    const { reports, run } = watch()
    await run(60, keepObjects)
    expect(reports.length).toBeGreaterThan(1)
    expect(reports.length).toBeLessThan(5)
    for (const [index, report] of reports.slice(1).entries()) {
      expect(report.growthMb).toBeGreaterThanOrEqual(2 * (reports[index]?.growthMb ?? 0))
    }
  })

  it('finds what grows outside of the heap', async () => {
    const { reports, run } = watch()
    await run(26, () => kept.push(Buffer.alloc(1024 * 1024)))
    expect(reports[0]?.grew.kinds[0]).toMatchObject({ kind: 'array buffers' })
    expect(reports[0]?.message).toContain('mostly array buffers')
  })

  it('says nothing of garbage', async () => {
    const { detector, reports, run } = watch()
    await run(40, () => {
      keepObjects()
      kept = []
    })
    expect(reports).toEqual([])
    expect(detector.getState()).toMatchObject({ points: 24 })
  })

  it('believes nothing while the program warms up', async () => {
    const { detector, collections, run } = watch({ warmUpMs: 1e6 })
    await run(40, keepObjects)
    expect(detector.getState()).toEqual({ kind: 'watching', points: 0 })
    expect(collections()).toBe(0)
  })

  it('asks for no collection while memory does not grow, and for none where it may not', async () => {
    const steady = watch({ collect: 'growing', leakDetectionThresholdMb: 100 })
    await steady.run(30, () => undefined)
    expect(steady.collections()).toBeLessThan(3)
    steady.detector.stop()
    const never = watch({ collect: 'never' })
    await never.run(30, keepObjects)
    expect(never.collections()).toBe(0)
  })

  it('asks while memory grows, and finds the leak', async () => {
    const { reports, run } = watch({ collect: 'growing' })
    await run(60, keepObjects)
    expect(reports.length).toBeGreaterThan(0)
  })

  it('goes on when onLeak or collectGarbage fail, and says so', async () => {
    const warnings: string[] = []
    const onWarning = ({ message }: Error): unknown => warnings.push(message)
    process.on('warning', onWarning)
    let failed = false
    const { detector, run } = watch({
      onLeak: async () => Promise.reject(new Error('no pager')),
      collectGarbage: () => {
        collectGarbage()
        if (failed) return
        failed = true
        throw new Error('not now')
      },
    })
    await run(30, keepObjects)
    process.off('warning', onWarning)
    expect(detector.getState().kind).toBe('leaking')
    expect(warnings).toContain('onLeak of MemoryLeakDetector failed: no pager')
    expect(warnings).toContain('collectGarbage of MemoryLeakDetector failed: not now')
  })

  it('ends with stop, and begins again with start', async () => {
    const { clock, detector, run } = watch()
    await run(10, keepObjects)
    detector.stop()
    detector.stop()
    expect(clock.pending).toBe(0)
    detector.start()
    detector.start()
    expect(clock.pending).toBe(1)
    await run(3, keepObjects)
    expect(detector.getState()).toMatchObject({ kind: 'watching' })
  })

  it('forces collections by itself, without any flag of Node', async () => {
    const clock = new ManualClock()
    const reports: LeakReport[] = []
    running = new MemoryLeakDetector({
      ...{ clock, windowMs: WINDOW_MS, warmUpMs: 0, collect: 'always', leakDetectionThresholdMb: 10 },
      onLeak: (report) => reports.push(report),
    })
    running.start()
    for (let slot = 0; slot < 26; slot++) {
      keepObjects()
      clock.advance(SLOT_MS)
      for (let turn = 0; turn < 5; turn++) await setImmediate()
    }
    expect(reports.length).toBeGreaterThan(0)
  })

  it.each<[LeakDetectorOptions, string]>([
    [{ leakWindowMs: 5000 } as LeakDetectorOptions, 'leakWindowMs'],
    [{ leakDetectionThresholdMb: 0 }, 'leakDetectionThresholdMb'],
    [{ windowMs: 10 }, 'windowMs'],
    [{ samplingIntervalBytes: 1.5 }, 'samplingIntervalBytes'],
    [{ collect: 'often' as 'never' }, 'collect'],
  ])('refuses %j', (options, name) => {
    expect(() => new MemoryLeakDetector(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', details: { name } }),
    )
  })
})

describe('two snapshots', () => {
  class LeakedThing {
    readonly payload = [1, 2, 3]
  }

  it('tell what grew by constructor, with numbers', async () => {
    const { detector } = watch()
    const before = await detector.takeSnapshot({ countObjects: true })
    for (let index = 0; index < 20_000; index++) kept.push(new LeakedThing())
    const after = await detector.takeSnapshot({ countObjects: true })
    const grew = detector.compareSnapshots(before, after)
    expect(grew.objects).toContainEqual(
      expect.objectContaining({ name: 'LeakedThing', growthCount: 20_000, growthBytes: expect.any(Number) }),
    )
    expect(grew.growthBytes).toBeGreaterThan(20_000 * 24)
  })

  it('hold no contents', async () => {
    const { detector } = watch()
    const secret = `sesame ${Math.random()}`
    kept.push({ secret }, new Map([[secret, secret]]))
    const snapshot = await detector.takeSnapshot({ countObjects: true })
    expect(JSON.stringify(snapshot)).not.toContain(secret)
    expect(snapshot.objects?.find(({ name }) => name === '(string)')?.count).toBeGreaterThan(1000)
  })

  it('of the same moment show no growth of objects where none were counted', async () => {
    const { detector } = watch()
    const snapshot = await detector.takeSnapshot()
    expect(detector.compareSnapshots(snapshot, snapshot)).toMatchObject({ growthBytes: 0, sites: [], objects: [] })
  })
})
