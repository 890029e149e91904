import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CloudProfilerStandIn, startCloudProfilerStandIn } from '../../../emulators/cloud-profiler.ts'
import type { PprofSample } from '../../../emulators/pprof.ts'
import { startCloudProfiler } from '../../../src/telemetry/cloud-profiler/cloud-profiler.ts'
import type {
  CloudProfiler,
  CloudProfilerOptions,
} from '../../../src/telemetry/cloud-profiler/cloud-profiler-options.ts'

const TOKEN = 'a-token'

let service: CloudProfilerStandIn
let profiler: CloudProfiler | undefined

beforeEach(async () => {
  service = await startCloudProfilerStandIn({ token: TOKEN })
})

afterEach(async () => {
  await profiler?.stop()
  profiler = undefined
  await service.stop()
})

function start(options: Partial<CloudProfilerOptions> = {}): CloudProfiler {
  profiler = startCloudProfiler({
    ...{ projectId: 'demo-thermocline', serviceName: 'boats', serviceUrl: service.url, accessToken: () => TOKEN },
    ...{ collector: 'inspector', ...options },
  })
  return profiler
}

/** Works until it is told to stop, in turns of the event loop. */
async function sailInCircles(until: Promise<unknown>): Promise<void> {
  let isDone = false
  void until.then(() => {
    isDone = true
  })
  while (!isDone) {
    for (let i = 0; i < 20; i++) turnRound()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Short: V8's profiler does not know code that was replaced while it ran, as that of long loops is. */
function turnRound(): number {
  let sum = 0
  for (let i = 0; i < 100_000; i++) sum += Math.sqrt(i)
  return sum
}

function shareOf(functionName: string, samples: readonly PprofSample[]): number {
  const sum = (some: readonly PprofSample[]) => some.reduce((total, { values }) => total + values[1]!, 0)
  return sum(samples.filter(({ stack }) => stack.some((frame) => frame.functionName === functionName))) / sum(samples)
}

describe('startCloudProfiler() with the inspector', () => {
  it('uploads where time passes when the service asks for it', async () => {
    start({ zone: 'north-1', instance: 'pier-7', serviceVersion: '1.2' })
    const uploaded = service.want({ profileType: 'WALL', duration: '1s' })
    await sailInCircles(uploaded)
    const { deployment, labels, profileType, pprof } = await uploaded
    expect(profileType).toBe('WALL')
    expect(deployment).toEqual({
      projectId: 'demo-thermocline',
      target: 'boats',
      labels: { language: 'nodejs', zone: 'north-1', version: '1.2' },
    })
    expect(labels).toEqual({ instance: 'pier-7' })
    expect(pprof.periodKind).toBe('wall/microseconds')
    expect(pprof.durationMs).toBeGreaterThanOrEqual(1_000)
    expect(shareOf('turnRound', pprof.samples)).toBeGreaterThan(0.5)
    const frames = pprof.samples.flatMap(({ stack }) => stack)
    expect(frames.find(({ functionName }) => functionName === 'turnRound')?.file).toContain('cloud-profiler.test')
  })

  it('uploads what is alive on the heap, by who allocated it', async () => {
    start()
    await service.clientWaits()
    const fleet = buildFleet()
    const { pprof } = await service.want({ profileType: 'HEAP' })
    expect(pprof.periodKind).toBe('space/bytes')
    expect(fleet).toHaveLength(200_000)
    const bytes = pprof.samples
      .filter(({ stack }) => stack.some(({ functionName }) => functionName === 'buildFleet'))
      .reduce((total, { values }) => total + values[1]!, 0)
    // Each boat takes more than 40 bytes.
    expect(bytes).toBeGreaterThan(4_000_000)
  })

  it('goes on with the next profile, and counts', async () => {
    const { status } = bound(start())
    await service.want({ profileType: 'WALL', duration: '0.05s' })
    await service.want({ profileType: 'HEAP' })
    await service.clientWaits()
    expect(status()).toMatchObject({
      ...{ state: 'asking', collector: 'inspector', uploaded: { WALL: 1, HEAP: 1 }, failures: 0 },
    })
  })
})

function buildFleet(): object[] {
  return Array.from({ length: 200_000 }, (_, i) => ({ name: `boat ${i}`, sails: [i, i + 1] }))
}

function bound(profiler: CloudProfiler): { status: CloudProfiler['status'] } {
  return { status: () => profiler.status() }
}
