import { setImmediate } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { collectGarbage } from '../../src/lib/collect-garbage.ts'
import { MemoryProfiler } from '../../src/telemetry/index.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'

const SLOT_MS = 1_000

it('a leak is an alert until it is mended, and so is the next one', async () => {
  const clock = new ManualClock()
  const quiet = { processMemoryMb: 100_000, cpuPercent: 100, memoryGrowthRateMbPerHour: 1e9 }
  const profiler = new MemoryProfiler({
    ...{ clock, env: {}, profilingInterval: SLOT_MS / 1_000, alertThresholds: quiet },
    ...{ leakWindowMs: 24 * SLOT_MS, leakDetectionThresholdMb: 10, pressureResponse: { enableGcPressure: false } },
  })
  const told: string[] = []
  profiler.on('memoryAlert', ({ kind }, { event }) => {
    if (kind === 'memoryLeak') told.push(event)
  })
  profiler.startProfiling()
  onTestFinished(() => profiler.stopProfiling())
  // The warm-up.
  clock.advance(60_000)

  let kept: unknown[] = []
  const leak = (): void => {
    for (let index = 0; index < 12_000; index++) kept.push({ index, at: [index, index + 0.5] })
  }
  /** Until so many notices were told. */
  const run = async (step: () => void, notices: number): Promise<void> => {
    for (let slots = 0; told.length < notices; slots++) {
      expect(slots).toBeLessThan(300)
      step()
      collectGarbage()
      // V8 tells of a collection in a later turn.
      for (let turn = 0; turn < 5; turn++) await setImmediate()
      clock.advance(SLOT_MS)
    }
  }
  const hold = (): void => undefined
  await run(leak, 1)
  expect(profiler.getAlerts()).toMatchObject([{ kind: 'memoryLeak', severity: 'critical' }])
  kept = []
  await run(hold, 2)
  expect(profiler.getAlerts().filter(({ kind }) => kind === 'memoryLeak')).toEqual([])
  await run(leak, 3)
  expect(told).toEqual(['raised', 'recovered', 'raised'])
  expect(kept.length).toBeGreaterThan(0)
})
