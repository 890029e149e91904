import { createRequire } from 'node:module'
import { loadPeer } from './load-peer.ts'

/** What is used of @google-cloud/profiler: its collection of profiles. Its loop has no end and keeps the process alive. */
export interface GoogleCloudProfiler {
  /** Collects what is asked for and puts it into `profileBytes`: base64 of gzip of pprof. */
  profile(wanted: {
    readonly name: string
    readonly profileType: string
    readonly duration: string
  }): Promise<{ readonly profileBytes?: string }>
}

export interface GoogleCloudProfilerPackage {
  createProfiler(config: object): Promise<GoogleCloudProfiler>
  /** Ends the sampling of the heap, which `createProfiler` starts. */
  stopHeap(): void
  /** Whether it still goes on: V8 has one for all, which others may end, and pprof 5 does not live through asking then. */
  isHeapSampled(): Promise<boolean>
}

/** So that types don't need the package. */
const NAME: string = '@google-cloud/profiler'

/**
 * Loads Google's agent and the native part of it. It takes about half a second.
 *
 * @throws ThermoclineError `PEER_MISSING` where it is not installed, or its native part does not load
 */
export function loadGoogleCloudProfiler(
  load: () => Promise<GoogleCloudProfilerPackage> = importGoogleCloudProfiler,
): Promise<GoogleCloudProfilerPackage> {
  return loadPeer(load, {
    doing: "profile with Google's agent",
    name: NAME,
    install: `${NAME}@8`,
    fault: 'is not installed, or its native part was not built for this Node',
    instead: 'use the inspector',
  })
}

async function importGoogleCloudProfiler(): Promise<GoogleCloudProfilerPackage> {
  const { createProfiler } = (await import(NAME)) as Pick<GoogleCloudProfilerPackage, 'createProfiler'>
  // As the agent finds it: it does not hand it on.
  const require = createRequire(import.meta.resolve(NAME))
  const { heap } = require('pprof') as { readonly heap: { stop(): void } }
  return { createProfiler, stopHeap: () => heap.stop(), isHeapSampled }
}

async function isHeapSampled(): Promise<boolean> {
  const { Session } = await import('node:inspector')
  const session = new Session()
  session.connect()
  let isSampled = false
  // The session is of this thread, so the answer comes before `post` returns.
  session.post('HeapProfiler.getSamplingProfile', (error) => {
    isSampled = error === null
  })
  session.disconnect()
  return isSampled
}
