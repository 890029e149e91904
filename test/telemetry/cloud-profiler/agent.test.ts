import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CloudProfilerStandIn, startCloudProfilerStandIn } from '../../../emulators/cloud-profiler.ts'
import type { GoogleCloudProfilerPackage } from '../../../src/clients/google-cloud-profiler.ts'
import { startCloudProfiler } from '../../../src/telemetry/cloud-profiler/cloud-profiler.ts'
import type {
  CloudProfiler,
  CloudProfilerOptions,
} from '../../../src/telemetry/cloud-profiler/cloud-profiler-options.ts'
import { encodePprof } from '../../../src/telemetry/cloud-profiler/pprof.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'

let service: CloudProfilerStandIn
let profiler: CloudProfiler | undefined

beforeEach(async () => {
  service = await startCloudProfilerStandIn()
})

afterEach(async () => {
  await profiler?.stop()
  profiler = undefined
  await service.stop()
})

function start(collector: 'auto' | 'agent', load: () => Promise<GoogleCloudProfilerPackage>): CloudProfiler {
  const options: CloudProfilerOptions = {
    ...{ projectId: 'demo-thermocline', serviceUrl: service.url, accessToken: () => 'any', collector },
    clock: new ManualClock(),
  }
  profiler = startCloudProfiler(options, load)
  return profiler
}

const notBuilt = () => Promise.reject(new Error('Cannot find module pprof.node'))

describe("startCloudProfiler() and Google's agent", () => {
  it('hands on what the agent collects, and ends its sampling', async () => {
    let isSampling = false
    const bytes = encodePprof({
      kinds: [{ type: 'wall', unit: 'microseconds' }],
      samples: [],
      ...{ period: 7, startedAt: 0, durationMs: 3 },
    })
    const agent: GoogleCloudProfilerPackage = {
      async createProfiler() {
        isSampling = true
        return {
          profile: async ({ duration }) => {
            expect(duration).toBe('1500ms')
            return { profileBytes: gzipSync(bytes).toString('base64') }
          },
        }
      },
      stopHeap() {
        isSampling = false
      },
      isHeapSampled: async () => isSampling,
    }
    const running = start('auto', async () => agent)
    const { pprof } = await service.want({ profileType: 'WALL', duration: '1.5s' })
    expect(pprof).toMatchObject({ kinds: ['wall/microseconds'], period: 7, durationMs: 3 })
    expect(running.status().collector).toBe('agent')
    expect(isSampling).toBe(true)
    const listeners = process.listenerCount('exit')
    await running.stop()
    expect(isSampling).toBe(false)
    expect(process.listenerCount('exit')).toBe(listeners - 1)
  })

  it('takes the inspector where it does not load', async () => {
    const running = start('auto', notBuilt)
    await service.clientWaits()
    expect(running.status().collector).toBe('inspector')
  })

  it('says so where nothing else will do', async () => {
    const running = start('agent', notBuilt)
    await vi.waitFor(() => expect(running.status().state).toBe('waiting'), { timeout: 10_000, interval: 5 })
    expect(running.status()).toMatchObject({ collector: undefined, lastFailure: { code: 'PEER_MISSING' } })
    expect(service.requests).toEqual([])
  })
})
