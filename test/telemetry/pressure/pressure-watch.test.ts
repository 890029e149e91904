import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { collectGarbage } from '../../../src/lib/collect-garbage.ts'
import { type StoreCallEvent, storeChannel } from '../../../src/lib/trace.ts'
import type { PressureReport } from '../../../src/telemetry/pressure/actions.ts'
import { PressureGauge } from '../../../src/telemetry/pressure/gauge.ts'
import type { MemoryPressure, PressureState } from '../../../src/telemetry/pressure/pressure.ts'
import { PressureWatch } from '../../../src/telemetry/pressure/pressure-watch.ts'
import { PressureResponse } from '../../../src/telemetry/pressure/response.ts'
import { ManualClock } from '../../../src/testing/index.ts'

class World {
  readonly clock = new ManualClock()
  readonly levels: MemoryPressure[] = []
  readonly reports: PressureReport[] = []
  percent = 10
  state: PressureState | undefined
  readonly watch = new PressureWatch({
    gauge: new PressureGauge(),
    response: new PressureResponse({}, () => ({ freedBytes: 1, pauseMs: 1 })),
    intervalMs: 5000,
    percentUsed: () => this.percent,
    onState: (state) => {
      this.levels.push(state.level)
      this.state = state
    },
    onReport: (report) => this.reports.push(report),
    clock: this.clock,
  })

  constructor() {
    onTestFinished(() => this.watch.stop())
    this.watch.start()
  }

  storeCall(): void {
    storeChannel.publish({ store: 's', operation: 'append', durationMs: 1, error: undefined } satisfies StoreCallEvent)
  }
}

describe('a watch', () => {
  it('reads at each interval, until it is stopped', () => {
    const world = new World()
    world.clock.advance(10_000)
    world.percent = 82
    world.clock.advance(5000)
    expect(world.levels).toEqual(['low', 'low', 'high'])
    expect(world.state).toMatchObject({ level: 'high', percentUsed: 82 })
    world.watch.stop()
    world.clock.advance(50_000)
    world.storeCall()
    expect(world.levels).toHaveLength(3)
    expect(world.clock.pending).toBe(0)
  })

  it('reads at calls of stores too, for a process that never comes to its timers, but not at each of them', () => {
    const world = new World()
    world.percent = 95
    for (let call = 0; call < 1000; call++) {
      // Past the clock's timers, as in a process that is busy with one promise after the other.
      world.clock.set(world.clock.now() + 1)
      world.storeCall()
    }
    expect(world.levels.length).toBeGreaterThanOrEqual(10)
    expect(world.levels.length).toBeLessThanOrEqual(11)
    expect(world.state?.level).toBe('critical')
  })

  it('reads after a full collection, which may come long before the next interval', async () => {
    const world = new World()
    collectGarbage()
    while (world.levels.length === 0) await setImmediate()
    expect(world.state?.fullCollections).toBeGreaterThan(0)
  })

  it('reports what was done, and nothing where nothing was', async () => {
    const world = new World()
    world.percent = 74
    world.clock.advance(5000)
    world.percent = 76
    world.clock.advance(5000)
    await setImmediate()
    expect(world.reports.map(({ level, deeds }) => [level, deeds.map(({ deed }) => deed)])).toEqual([
      ['moderate', ['caches-shrunk']],
    ])
  })

  it('foresees a limit that memory grows towards', () => {
    const world = new World()
    for (const percent of [5, 25, 45, 65]) {
      world.percent = percent
      world.clock.advance(5000)
    }
    expect(world.state).toMatchObject({ level: 'moderate', signal: 'growth' })
    for (let reading = 0; reading < 7; reading++) world.clock.advance(5000)
    expect(world.state).toMatchObject({ level: 'low', signal: 'use' })
  })

  it('only reads when nothing is to be done', async () => {
    const world = new World()
    world.percent = 95
    expect(world.watch.read()).toMatchObject({ level: 'critical' })
    await setImmediate()
    expect(world.reports).toEqual([])
  })
})
