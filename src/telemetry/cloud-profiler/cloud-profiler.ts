import { googleAccessToken } from '../../clients/google-auth-library.ts'
import type { GoogleCloudProfilerPackage } from '../../clients/google-cloud-profiler.ts'
import { isThermoclineError } from '../../errors.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/error-message.ts'
import { agentCollector } from './agent-collector.ts'
import { checkCloudProfilerOptions } from './check-cloud-profiler-options.ts'
import { CloudProfilerFailure } from './cloud-profiler-failure.ts'
import {
  CLOUD_PROFILER_DEFAULTS,
  type CloudProfiler,
  type CloudProfilerOptions,
  type CloudProfilerStatus,
  type CloudProfileType,
} from './cloud-profiler-options.ts'
import { inTime, rest } from './in-time.ts'
import { inspectorCollector } from './inspector-collector.ts'
import type { ProfileCollector } from './profile-collector.ts'
import { ProfileService } from './profile-service.ts'
import { RetryDelay } from './retry-delay.ts'

const SCOPE = 'https://www.googleapis.com/auth/monitoring.write'
/** Between two profiles, whatever the service asks for. */
const PAUSE_MS = 1_000
/** What a service may ask for at most: time is measured meanwhile, and the profile held in memory. */
const MAX_DURATION_MS = 60_000
/** Beyond the time for which a collector watches. */
const LEEWAY_MS = 60_000

/**
 * Starts to collect profiles for Google Cloud Profiler whenever the service asks for one, and uploads them.
 *
 * @param loadAgent where Google's agent comes from. @default the copy that this package resolves
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function startCloudProfiler(
  options: CloudProfilerOptions,
  loadAgent?: () => Promise<GoogleCloudProfilerPackage>,
): CloudProfiler {
  checkCloudProfilerOptions(options)
  const { projectId, serviceVersion, zone, instance, clock = systemClock, random = Math.random } = options
  const { serviceName, serviceUrl, collector, profileTypes } = { ...CLOUD_PROFILER_DEFAULTS, ...options }
  const types = [...new Set(profileTypes)]
  const labels = { language: 'nodejs', ...(zone && { zone }), ...(serviceVersion && { version: serviceVersion }) }
  const service = new ProfileService({
    ...{ projectId, types, clock, url: new URL(serviceUrl) },
    deployment: { projectId, target: serviceName, labels },
    labels: instance ? { instance } : {},
    accessToken: options.accessToken ?? googleAccessToken(SCOPE),
  })
  const open = (): Promise<ProfileCollector> => openCollector(collector, types, clock, loadAgent)
  return new Collection(service, open, clock, new RetryDelay(random))
}

async function openCollector(
  which: NonNullable<CloudProfilerOptions['collector']>,
  types: readonly CloudProfileType[],
  clock: Clock,
  loadAgent: (() => Promise<GoogleCloudProfilerPackage>) | undefined,
): Promise<ProfileCollector> {
  if (which === 'inspector') return inspectorCollector(types, clock)
  try {
    return await agentCollector(types, loadAgent)
  } catch (error) {
    if (which === 'agent' || !isThermoclineError(error, 'PEER_MISSING')) throw error
    return inspectorCollector(types, clock)
  }
}

/** The loop: ask, collect, upload, wait. */
class Collection implements CloudProfiler {
  readonly #service: ProfileService
  readonly #open: () => Promise<ProfileCollector>
  readonly #clock: Clock
  readonly #retryDelay: RetryDelay
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  #collector: ProfileCollector | undefined
  #status: CloudProfilerStatus = {
    state: 'starting',
    collector: undefined,
    uploaded: { WALL: 0, HEAP: 0 },
    failures: 0,
    lastFailure: undefined,
    asksAgainAt: undefined,
  }

  constructor(service: ProfileService, open: () => Promise<ProfileCollector>, clock: Clock, retryDelay: RetryDelay) {
    this.#service = service
    this.#open = open
    this.#clock = clock
    this.#retryDelay = retryDelay
    this.#ended = this.#run()
  }

  status(): CloudProfilerStatus {
    return this.#status
  }

  stop(): Promise<void> {
    this.#stopping.abort()
    return this.#ended
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const waitMs = await this.#next(signal).catch((error: unknown) => this.#failed(error))
      if (signal.aborted) break
      this.#say({ state: 'waiting', asksAgainAt: this.#clock.now() + waitMs })
      await rest(this.#clock, waitMs, signal)
      this.#say({ asksAgainAt: undefined })
    }
    await this.#collector?.close().catch(() => undefined)
    this.#say({ state: 'stopped' })
  }

  /** One profile. Gives how long to wait after it. */
  async #next(signal: AbortSignal): Promise<number> {
    const collector = this.#collector ?? (await this.#open())
    this.#collector = collector
    this.#say({ state: 'asking', collector: collector.name })
    const wanted = await this.#service.create(signal)
    this.#say({ state: 'collecting' })
    const durationMs = Math.min(wanted.durationMs, MAX_DURATION_MS)
    const bytes = await inTime(this.#clock, durationMs + LEEWAY_MS, signal, (inner) =>
      collector.collect(wanted.type, durationMs, inner),
    )
    this.#say({ state: 'uploading' })
    await this.#service.upload(wanted, bytes, signal)
    const { uploaded } = this.#status
    this.#say({ uploaded: { ...uploaded, [wanted.type]: uploaded[wanted.type] + 1 } })
    this.#retryDelay.reset()
    return PAUSE_MS
  }

  #failed(error: unknown): number {
    if (this.#stopping.signal.aborted) return 0
    const asked = error instanceof CloudProfilerFailure ? error.retryDelayMs : undefined
    // The usual answer between two profiles.
    if (asked !== undefined) return Math.max(asked, PAUSE_MS)
    const code = codeOf(error)
    const message = errorMessage(error)
    const lastFailure = Object.freeze({ code, message, at: this.#clock.now() })
    this.#say({ failures: this.#status.failures + 1, lastFailure })
    return this.#retryDelay.next()
  }

  #say(change: Partial<CloudProfilerStatus>): void {
    this.#status = Object.freeze({ ...this.#status, ...change })
  }
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : 'UNKNOWN'
}
