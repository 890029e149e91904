import type { Clock } from '../../lib/clock.ts'

/** What can be collected: where time passes, and what is alive on the heap by who allocated it. */
export type CloudProfileType = 'WALL' | 'HEAP'

/** Who collects: Google's agent with its native part, or Node's inspector. */
export type CloudCollectorName = 'agent' | 'inspector'

/** How profiles get to Google Cloud Profiler. */
export interface CloudProfilerOptions {
  /** Google Cloud project. */
  readonly projectId: string
  /** Name under which profiles are grouped: small letters, digits, `-`, `_` and `.`, a letter first. @default "memory-service" */
  readonly serviceName?: string
  /** For comparing versions in the console. @default none */
  readonly serviceVersion?: string
  /** Where it runs, such as "us-central1-a". @default none */
  readonly zone?: string
  /** Name of the machine. @default none */
  readonly instance?: string
  /**
   * Beginning a `WALL` profile stops the program while V8 looks at its heap for all functions: from 0.1 s with 20 MB to 1 s
   * with 400 MB, whoever collects. A `HEAP` profile of the inspector begins with a full collection, one of the agent doesn't.
   * The service asks for one of each kind every few minutes, of all instances together.
   *
   * @default both
   */
  readonly profileTypes?: readonly CloudProfileType[]
  /** `"auto"` takes the agent where it is installed and its native part loads, else the inspector. @default "auto" */
  readonly collector?: 'auto' | CloudCollectorName
  /** Address of the service. Plain http is taken for 127.0.0.1, [::1] and localhost only. @default "https://cloudprofiler.googleapis.com" */
  readonly serviceUrl?: string
  /** Asked for each request. @default the environment's credentials, as google-auth-library finds them */
  readonly accessToken?: () => string | Promise<string>
  /** Where time comes from. @default the system's */
  readonly clock?: Clock
  /** From 0 to below 1, for the time until a failed request is repeated. @default Math.random */
  readonly random?: () => number
}

export const CLOUD_PROFILER_DEFAULTS: {
  readonly serviceName: string
  readonly profileTypes: readonly CloudProfileType[]
  readonly collector: 'auto'
  readonly serviceUrl: string
} = Object.freeze({
  serviceName: 'memory-service',
  profileTypes: Object.freeze<CloudProfileType[]>(['WALL', 'HEAP']),
  collector: 'auto',
  serviceUrl: 'https://cloudprofiler.googleapis.com',
})

/** How far the collection of profiles has come. */
export interface CloudProfilerStatus {
  readonly state: 'starting' | 'asking' | 'collecting' | 'uploading' | 'waiting' | 'stopped'
  /** Undefined until it is known. */
  readonly collector: CloudCollectorName | undefined
  /** Profiles that the service has taken. */
  readonly uploaded: Readonly<Record<CloudProfileType, number>>
  /** Profiles and requests that failed, not counting that the service asked to wait. */
  readonly failures: number
  /** Code and message of the last failure. */
  readonly lastFailure: { readonly code: string; readonly message: string; readonly at: number } | undefined
  /** While waiting: when the service is asked again, in milliseconds since 1970. */
  readonly asksAgainAt: number | undefined
}

/** A running collection. It never keeps the process alive, and no failure of it is thrown anywhere. */
export interface CloudProfiler {
  status(): CloudProfilerStatus
  /** Ends it: gives up what is under way and resolves when nothing of it runs any more. */
  stop(): Promise<void>
}
