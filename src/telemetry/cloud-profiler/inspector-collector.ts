import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Clock } from '../../lib/clock.ts'
import type { CloudProfileType } from './cloud-profiler-options.ts'
import { HEAP_INTERVAL_BYTES, heapProfile, type SampledHeap } from './heap-profile.ts'
import { rest } from './in-time.ts'
import { encodePprof, type StackProfile } from './pprof.ts'
import type { ProfileCollector } from './profile-collector.ts'
import { WALL_INTERVAL_MICROS, wallProfile } from './wall-profile.ts'

const compress = promisify(gzip)

/** Profiles by Node's inspector, which needs nothing native beside Node. */
export async function inspectorCollector(types: readonly CloudProfileType[], clock: Clock): Promise<ProfileCollector> {
  // Loaded here: few processes profile themselves, and a Node may be built without it.
  const { Session } = await import('node:inspector/promises')
  const session = new Session()
  session.connect()
  const startSampling = () => session.post('HeapProfiler.startSampling', { samplingInterval: HEAP_INTERVAL_BYTES })
  if (types.includes('HEAP')) {
    await session.post('HeapProfiler.enable')
    await startSampling()
  }
  const wall = async (durationMs: number, signal: AbortSignal): Promise<StackProfile> => {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: WALL_INTERVAL_MICROS })
    await session.post('Profiler.start')
    const startedAt = clock.now()
    await rest(clock, durationMs, signal)
    const { profile } = await session.post('Profiler.stop')
    await session.post('Profiler.disable')
    return wallProfile(profile, startedAt)
  }
  const heap = async (): Promise<StackProfile> => {
    const { profile }: { profile: unknown } = await session
      .post('HeapProfiler.getSamplingProfile')
      .catch(async (error: unknown) => {
        // V8 has one sampling for all: whoever else used it has ended it. The next profile is whole again.
        await startSampling()
        throw error
      })
    // The types that come with Node leave half of it out.
    return heapProfile(profile as SampledHeap, clock.now(), process.memoryUsage().external)
  }
  return Object.freeze<ProfileCollector>({
    name: 'inspector',
    async collect(type, durationMs, signal) {
      return compress(encodePprof(type === 'WALL' ? await wall(durationMs, signal) : await heap()))
    },
    async close() {
      session.disconnect()
    },
  })
}
