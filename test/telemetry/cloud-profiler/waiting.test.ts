import { Session } from 'node:inspector/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CloudProfilerStandIn, startCloudProfilerStandIn } from '../../../emulators/cloud-profiler.ts'
import { startCloudProfiler } from '../../../src/telemetry/cloud-profiler/cloud-profiler.ts'
import type {
  CloudProfiler,
  CloudProfilerOptions,
} from '../../../src/telemetry/cloud-profiler/cloud-profiler-options.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'

let service: CloudProfilerStandIn
let profiler: CloudProfiler | undefined

beforeEach(async () => {
  service = await startCloudProfilerStandIn({ token: 'a-token' })
})

afterEach(async () => {
  await profiler?.stop()
  profiler = undefined
  await service.stop()
})

function start(clock: ManualClock, options: Partial<CloudProfilerOptions> = {}): CloudProfiler {
  profiler = startCloudProfiler({
    ...{ projectId: 'demo-thermocline', serviceUrl: service.url, accessToken: () => 'a-token' },
    ...{ collector: 'inspector', profileTypes: ['HEAP'], clock, random: () => 0.5, ...options },
  })
  return profiler
}

/** Resolves when the profiler has nothing to do but wait. */
async function untilItWaits(profiler: CloudProfiler): Promise<void> {
  await vi.waitFor(() => expect(profiler.status().state).toBe('waiting'), { timeout: 10_000, interval: 5 })
}

describe('startCloudProfiler() waits', () => {
  it('as long as the service says, and that is no failure', async () => {
    const clock = new ManualClock()
    const running = start(clock)
    service.backOff('90.5s')
    await untilItWaits(running)
    expect(running.status()).toMatchObject({ asksAgainAt: clock.now() + 90_500, failures: 0, lastFailure: undefined })
    clock.advance(90_499)
    expect(running.status().state).toBe('waiting')
    expect(service.requests).toHaveLength(1)
    clock.advance(1)
    await service.clientWaits()
    expect(service.requests).toHaveLength(2)
  })

  it('longer after each failure, and begins anew after a profile', async () => {
    const clock = new ManualClock()
    const running = start(clock)
    /** Moves time on to the next request, and gives how long that was. */
    const waitsFor = async (): Promise<number> => {
      await vi.waitFor(() => expect(running.status().asksAgainAt).toBeGreaterThan(clock.now()), { interval: 5 })
      const waitMs = running.status().asksAgainAt! - clock.now()
      clock.advance(waitMs)
      return waitMs
    }
    // Half of a minute, and 1.3 times that each time.
    for (const waitMs of [30_000, 39_000, 50_700]) {
      service.fail(503, 'no JSON')
      expect(await waitsFor()).toBe(waitMs)
    }
    await service.want({ profileType: 'HEAP' })
    expect(await waitsFor()).toBe(1_000)
    await service.clientWaits()
    service.fail(503, 'no JSON')
    service.backOff('7s')
    expect(await waitsFor()).toBe(7_000)
    expect(await waitsFor()).toBe(30_000)
  })

  it.each<[string, number, string, string]>([
    [
      'says who may not',
      403,
      JSON.stringify({ error: { code: 403, status: 'PERMISSION_DENIED' } }),
      'PERMISSION_DENIED',
    ],
    ['answers with a page', 502, '<html></html>', 'INVALID_ANSWER'],
    [
      'asks for what nobody can make',
      200,
      JSON.stringify({ name: 'projects/p/profiles/1', profileType: 'CPU' }),
      'INVALID_ANSWER',
    ],
    [
      'names a profile that leads elsewhere',
      200,
      JSON.stringify({ name: '../x', profileType: 'HEAP' }),
      'INVALID_ANSWER',
    ],
    ['says nothing', 200, 'null', 'INVALID_ANSWER'],
  ])('where the service %s, and says so', async (_, code, body, failure) => {
    service.fail(code, body)
    const running = start(new ManualClock())
    await untilItWaits(running)
    expect(running.status()).toMatchObject({ failures: 1, lastFailure: { code: failure } })
    expect(service.uploads).toEqual([])
  })

  it('where nobody listens, where there is no token, and where none comes', async () => {
    const clock = new ManualClock()
    const gone = await startCloudProfilerStandIn()
    await gone.stop()
    await untilItWaits(start(clock, { serviceUrl: gone.url }))
    expect(profiler!.status().lastFailure?.code).toBe('ECONNREFUSED')
    await profiler!.stop()
    await untilItWaits(start(clock, { accessToken: () => Promise.reject(new Error('no credentials')) }))
    expect(profiler!.status().lastFailure?.message).toBe('no credentials')
    await profiler!.stop()
    const asked = Promise.withResolvers<void>()
    const accessToken = () => {
      asked.resolve()
      return new Promise<string>(() => undefined)
    }
    const running = start(clock, { accessToken })
    await asked.promise
    clock.advance(60_000)
    await untilItWaits(running)
    expect(running.status().lastFailure?.code).toBe('TIMEOUT')
    expect(service.requests).toEqual([])
  })

  it('and starts again where somebody else ended the sampling of the heap', async () => {
    const clock = new ManualClock()
    const running = start(clock)
    await service.clientWaits()
    const other = new Session()
    other.connect()
    await other.post('HeapProfiler.enable')
    await other.post('HeapProfiler.startSampling')
    await other.post('HeapProfiler.stopSampling')
    other.disconnect()
    void service.want({ profileType: 'HEAP' })
    await untilItWaits(running)
    expect(running.status().failures).toBe(1)
    clock.advance(running.status().asksAgainAt! - clock.now())
    const { pprof } = await service.want({ profileType: 'HEAP' })
    expect(pprof.samples.length).toBeGreaterThan(0)
  })
})

describe('stop()', () => {
  it('ends a request that the service holds back, and leaves no timer', async () => {
    const clock = new ManualClock()
    const running = start(clock)
    await service.clientWaits()
    await running.stop()
    expect(running.status()).toMatchObject({ state: 'stopped', failures: 0 })
    expect(clock.pending).toBe(0)
  })

  it('ends a collection that would go on for long', async () => {
    const clock = new ManualClock()
    const running = start(clock, { profileTypes: ['WALL'] })
    void service.want({ profileType: 'WALL', duration: '30s' })
    await vi.waitFor(() => expect(running.status().state).toBe('collecting'), { timeout: 10_000, interval: 5 })
    await running.stop()
    expect(running.status()).toMatchObject({ state: 'stopped', uploaded: { WALL: 0 } })
    expect(clock.pending).toBe(0)
  })

  it('ends the waiting, and can be called again', async () => {
    const clock = new ManualClock()
    const running = start(clock)
    service.backOff('3600s')
    await untilItWaits(running)
    await Promise.all([running.stop(), running.stop()])
    expect(running.status().state).toBe('stopped')
    expect(clock.pending).toBe(0)
  })
})

describe('startCloudProfiler() refuses', () => {
  it.each<[string, object]>([
    ['projectId', { projectId: 'No Project' }],
    ['projectId', { projectId: undefined }],
    ['serviceName', { serviceName: 'Boats!' }],
    ['zone', { zone: 'z'.repeat(200) }],
    ['profileTypes', { profileTypes: ['CPU'] }],
    ['profileTypes', { profileTypes: [] }],
    ['collector', { collector: 'other' }],
    ['serviceUrl', { serviceUrl: 'http://profiler.example' }],
    ['serviceUrl', { serviceUrl: 'nowhere' }],
    ['accessToken', { accessToken: 'a token' }],
    ['zones', { zones: 'a' }],
  ])('option %s of %j', (name, options) => {
    const wrong = () => startCloudProfiler({ projectId: 'demo-thermocline', ...options } as CloudProfilerOptions)
    expect(wrong).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', details: { name } }))
  })
})
