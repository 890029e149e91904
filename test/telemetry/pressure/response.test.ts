import { describe, expect, it } from 'vitest'
import type { DeferrableWork } from '../../../src/lib/deferrable-work.ts'
import type { BoundedCache } from '../../../src/lib/lru-bytes.ts'
import type { PressureReport } from '../../../src/telemetry/pressure/actions.ts'
import { PressureGauge } from '../../../src/telemetry/pressure/gauge.ts'
import type { MemoryPressure } from '../../../src/telemetry/pressure/pressure.ts'
import type { PressureRelief } from '../../../src/telemetry/pressure/relief.ts'
import { PressureResponse, type PressureResponseOptions } from '../../../src/telemetry/pressure/response.ts'

const MB = 1024 * 1024
const PERCENT: Readonly<Record<MemoryPressure, number>> = { low: 10, moderate: 76, high: 82, critical: 95 }

/** A manager with one cache of 100 MB that is full. */
class FullCache implements PressureRelief, BoundedCache {
  bytes = 100 * MB
  limitBytes = 100 * MB
  readonly maxBytes = 100 * MB
  readonly caches: readonly BoundedCache[] = [this]
  packed = 0
  refused: readonly DeferrableWork[] = []

  limit(bytes: number): void {
    this.limitBytes = Math.min(this.maxBytes, bytes)
    this.bytes = Math.min(this.bytes, this.limitBytes)
  }

  async packIdleSessions(maxSessions: number): Promise<number> {
    this.packed += maxSessions
    return maxSessions
  }

  refuse(kinds: readonly DeferrableWork[]): void {
    this.refused = kinds
  }
}

class World {
  readonly cache = new FullCache()
  readonly response: PressureResponse
  at = 0
  collections = 0

  constructor(options: PressureResponseOptions = {}) {
    let collectedAt = Number.NEGATIVE_INFINITY
    this.response = new PressureResponse(options, (intervalMs) => {
      if (this.at - collectedAt < intervalMs) return undefined
      collectedAt = this.at
      this.collections += 1
      return { freedBytes: MB, pauseMs: 5 }
    })
    this.response.relieve({ relief: this.cache })
  }

  /** A reading of that level, so many seconds later. */
  respond(level: MemoryPressure, seconds: number, fullCollections?: number): Promise<PressureReport> {
    this.at += seconds * 1000
    const state = new PressureGauge().update({ at: this.at, percentUsed: PERCENT[level], fullCollections })
    return this.response.respond(state)
  }
}

const deedsOf = ({ deeds }: PressureReport): string[] => deeds.map(({ deed }) => deed)

describe('a response', () => {
  it('does nothing while pressure is low', async () => {
    const world = new World()
    expect(deedsOf(await world.respond('low', 0))).toEqual([])
    expect(world.cache.bytes).toBe(100 * MB)
  })

  it('shrinks caches when moderate, and says by how much', async () => {
    const world = new World()
    const report = await world.respond('moderate', 0)
    expect(report).toMatchObject({ level: 'moderate', deeds: [{ deed: 'caches-shrunk', freedBytes: 25 * MB }] })
  })

  it('shrinks, collects and packs when high', async () => {
    const world = new World()
    expect(deedsOf(await world.respond('high', 0))).toEqual(['caches-shrunk', 'collected', 'sessions-packed'])
    expect(world.cache).toMatchObject({ bytes: 50 * MB, packed: 16, refused: [] })
  })

  it('refuses work that can wait when critical, and allows it as soon as it is not', async () => {
    const world = new World()
    expect(deedsOf(await world.respond('critical', 0))).toContain('work-refused')
    expect(world.cache.refused).toEqual(['summary', 'cache-fill', 'import', 'export', 'rehydration'])
    expect(deedsOf(await world.respond('critical', 1))).toEqual([])
    expect(deedsOf(await world.respond('high', 1))).toContain('work-allowed')
    expect(world.cache.refused).toEqual([])
  })

  it('refuses new sessions only where that is asked for', async () => {
    const world = new World({ rejectNewSessions: true, refusedWork: ['summary'] })
    await world.respond('critical', 0)
    expect(world.cache.refused).toEqual(['summary', 'new-session'])
  })

  it('forces at most one collection in 30 s, whatever the level', async () => {
    const world = new World()
    for (let second = 0; second < 60; second++) await world.respond(second % 2 === 0 ? 'high' : 'critical', 1)
    expect(world.collections).toBe(2)
  })

  it('forces none where that is not wanted', async () => {
    const world = new World({ enableGcPressure: false })
    await world.respond('critical', 0)
    expect(world.collections).toBe(0)
  })

  it('does not shrink again before a collection has shown what the first time brought, unless it gets worse', async () => {
    const world = new World()
    await world.respond('moderate', 0, 3)
    await world.respond('moderate', 1, 3)
    expect(world.cache.bytes).toBe(75 * MB)
    await world.respond('moderate', 1, 4)
    expect(world.cache.bytes).toBe(56.25 * MB)
    await world.respond('high', 1, 4)
    expect(world.cache.bytes).toBe(28.125 * MB)
    await world.respond('high', 30, 4)
    expect(world.cache.bytes).toBe(14.0625 * MB)
  })

  it('shrinks and grows a cache once that several parts share', async () => {
    const world = new World()
    for (let part = 0; part < 3; part++) {
      world.response.relieve({ relief: { caches: world.cache.caches, refuse: () => undefined } })
    }
    const report = await world.respond('high', 0)
    expect(report.deeds).toContainEqual({ deed: 'caches-shrunk', freedBytes: 50 * MB })
    expect(report.deeds).toContainEqual({ deed: 'sessions-packed', sessions: 16 })
    await world.respond('low', 30)
    expect(world.cache.limitBytes).toBe(62.5 * MB)
  })

  it('lets caches grow back, step by step, once it has been low for a while', async () => {
    const world = new World()
    await world.respond('high', 0)
    await world.respond('low', 10)
    expect(world.cache.limitBytes).toBe(50 * MB)
    await world.respond('low', 20)
    expect(world.cache.limitBytes).toBe(62.5 * MB)
    await world.respond('low', 1)
    expect(world.cache.limitBytes).toBe(62.5 * MB)
    for (let i = 0; i < 5; i++) await world.respond('low', 10)
    expect(world.cache.limitBytes).toBe(100 * MB)
    expect(deedsOf(await world.respond('low', 10))).toEqual([])
  })

  it('takes actions of the caller, which may use the means', async () => {
    const seen: number[] = []
    const world = new World({
      actions: {
        high: (state, means) => {
          seen.push(state.percentUsed)
          means.shrinkCaches(0.9)
        },
      },
    })
    expect(deedsOf(await world.respond('high', 0))).toEqual(['caches-shrunk'])
    expect(seen).toEqual([82])
    expect(world.cache.bytes).toBe(90 * MB)
    expect(deedsOf(await world.respond('moderate', 40))).toEqual(['caches-shrunk'])
  })

  it('reports an action that throws, and a manager that fails, and goes on', async () => {
    const world = new World({
      actions: {
        moderate: () => {
          throw new Error('not today')
        },
      },
    })
    expect((await world.respond('moderate', 0)).deeds).toMatchObject([
      { deed: 'failed', error: { message: 'not today' } },
    ])
    world.cache.packIdleSessions = () => Promise.reject(new Error('no disk'))
    expect(deedsOf(await world.respond('high', 1))).toEqual(['caches-shrunk', 'collected', 'failed'])
    expect(deedsOf(await world.respond('critical', 1))).toContain('work-refused')
  })

  it('does for the other parts what one of them fails at', async () => {
    const world = new World()
    const broken: PressureRelief = {
      get caches(): never {
        throw new Error('no caches')
      },
      refuse: () => {
        throw new Error('no refusing')
      },
    }
    const letGo = world.response.relieve({ relief: broken })
    const other = new FullCache()
    world.response.relieve({ relief: other })
    const report = await world.respond('critical', 0)
    expect(deedsOf(report)).toEqual(['failed', 'work-refused', 'failed', 'caches-shrunk', 'collected'])
    expect([world.cache.bytes, other.bytes]).toEqual([25 * MB, 25 * MB])
    await world.respond('low', 1)
    expect([world.cache.refused, other.refused]).toEqual([[], []])
    letGo()
    world.response.rest()
    expect(world.cache.limitBytes).toBe(100 * MB)
  })

  it('goes on with other levels, and not with the same, while an action takes its time', async () => {
    let runs = 0
    const world = new World({
      actions: {
        moderate: () => {
          runs += 1
          return new Promise<void>(() => undefined)
        },
      },
    })
    void world.respond('moderate', 0)
    expect(deedsOf(await world.respond('moderate', 1))).toEqual([])
    expect(deedsOf(await world.respond('critical', 1))).toContain('work-refused')
    expect(runs).toBe(1)
  })

  it('does not shrink on the way down', async () => {
    const world = new World()
    const gauge = new PressureGauge()
    const respond = (percentUsed: number, fullCollections: number) =>
      world.response.respond(gauge.update({ at: world.at, percentUsed, fullCollections }))
    await respond(95, 1)
    for (const collections of [2, 3, 4]) await respond(20, collections)
    expect(gauge.level).toBe('low')
    expect(world.cache.bytes).toBe(25 * MB)
  })

  it('refuses nothing below critical unless an action asks for it', async () => {
    const idle = (): void => undefined
    const world = new World({ actions: { low: idle, moderate: idle, high: (_, means) => means.refuseWork() } })
    await world.respond('critical', 0)
    await world.respond('high', 1)
    expect(world.cache.refused).toContain('import')
    await world.respond('moderate', 1)
    expect(world.cache.refused).toEqual([])
  })

  it('refuses what is no part', () => {
    const world = new World()
    for (const wrong of [undefined, {}, { relief: {} }, { relief: { caches: [] } }]) {
      expect(() => world.response.relieve(wrong as never)).toThrow('{ relief: { caches, refuse } }')
    }
  })

  it('never asks a cache to hold more than it may', () => {
    const limits: number[] = []
    const part = { bytes: 0, limitBytes: 10, maxBytes: 20, limit: (bytes: number) => void limits.push(bytes) }
    const world = new World()
    world.response.relieve({ relief: { caches: [part], refuse: () => undefined } })()
    expect(limits).toEqual([20])
  })

  it('shrinks and grows on after the clock was set back', async () => {
    const world = new World()
    await world.respond('moderate', 10_000)
    await world.respond('moderate', -3_600)
    expect(world.cache.bytes).toBe(56.25 * MB)
    await world.respond('low', -3_600)
    expect(world.cache.limitBytes).toBeGreaterThan(56.25 * MB)
  })

  it('goes on where a collection can not be had', async () => {
    const response = new PressureResponse({}, () => {
      throw new Error('flags are frozen')
    })
    const cache = new FullCache()
    response.relieve({ relief: cache })
    const report = await response.respond(new PressureGauge().update({ at: 0, percentUsed: 82 }))
    expect(deedsOf(report)).toEqual(['caches-shrunk', 'failed', 'sessions-packed'])
  })

  it('leaves a manager as its options say when it is let go of, and while it rests', async () => {
    const world = new World()
    await world.respond('critical', 0)
    const other = new FullCache()
    const letGo = world.response.relieve({ relief: other })
    expect(other.refused).toContain('import')
    letGo()
    expect(other.refused).toEqual([])
    world.response.rest()
    expect(world.cache).toMatchObject({ refused: [], limitBytes: 100 * MB })
    await world.respond('critical', 60_000)
    expect(world.cache.refused).toContain('import')
  })

  it.each<[PressureResponseOptions, string]>([
    [{ collectIntervalMs: -1 }, 'collectIntervalMs'],
    [{ refusedWork: ['sleep' as 'import'] }, 'refusedWork'],
    [{ actions: { high: 'shrink' as never } }, 'actions.high'],
    [{ actions: { hihg: () => undefined } as never }, 'high'],
  ])('refuses %o', (options, name) => {
    expect(() => new PressureResponse(options)).toThrow(name)
  })
})
