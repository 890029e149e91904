import {
  type GoogleCloudProfiler,
  type GoogleCloudProfilerPackage,
  loadGoogleCloudProfiler,
} from '../../clients/google-cloud-profiler.ts'
import { CloudProfilerFailure } from './cloud-profiler-failure.ts'
import type { CloudProfileType } from './cloud-profiler-options.ts'
import type { ProfileCollector } from './profile-collector.ts'

/**
 * Profiles by Google's agent.
 *
 * @throws ThermoclineError `PEER_MISSING`
 */
export async function agentCollector(
  types: readonly CloudProfileType[],
  load?: () => Promise<GoogleCloudProfilerPackage>,
): Promise<ProfileCollector> {
  const agent = await loadGoogleCloudProfiler(load)
  const stopHeap = (): void => agent.stopHeap()
  // With pprof 5 on Node 24, a process that ends while its heap is sampled ends with SIGABRT.
  process.on('exit', stopHeap)
  const close = async (): Promise<void> => {
    process.off('exit', stopHeap)
    stopHeap()
  }
  const make = (): Promise<GoogleCloudProfiler> => agent.createProfiler(configFor(types))
  let profiler = await make().catch(async (error: unknown) => {
    await close()
    throw error
  })
  return Object.freeze<ProfileCollector>({
    name: 'agent',
    async collect(profileType, durationMs) {
      if (profileType === 'HEAP' && !(await agent.isHeapSampled())) {
        stopHeap()
        profiler = await make()
        throw new CloudProfilerFailure('NO_PROFILE', 'Somebody else ended the sampling of the heap: it begins anew')
      }
      // It reads whole numbers with a unit.
      const wanted = { name: 'unused', profileType, duration: `${Math.ceil(durationMs)}ms` }
      const { profileBytes } = await profiler.profile(wanted)
      if (profileBytes === undefined) throw new CloudProfilerFailure('NO_PROFILE', "Google's agent made no profile")
      return Buffer.from(profileBytes, 'base64')
    },
    close,
  })
}

function configFor(types: readonly CloudProfileType[]): object {
  return {
    // Only what it collects is used: without these it would ask the metadata server first.
    ...{ projectId: 'unused', zone: 'unused', instance: 'unused', serviceContext: { service: 'unused' } },
    disableTime: !types.includes('WALL'),
    disableHeap: !types.includes('HEAP'),
    disableSourceMaps: true,
  }
}
