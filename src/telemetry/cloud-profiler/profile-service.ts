import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Clock } from '../../lib/clock.ts'
import { CloudProfilerFailure } from './cloud-profiler-failure.ts'
import type { CloudProfilerOptions, CloudProfileType } from './cloud-profiler-options.ts'
import { inTime } from './in-time.ts'
import { durationMs, retryAfterMs, retryDelayMs, statusName } from './service-answer.ts'

/** How long the service may take to accept a connection and, for uploads, to answer. */
const ANSWER_MS = 60_000
/** The service holds a request for a profile back until it wants one: about a minute, at most an hour. */
const CREATE_MS = 3_600_000
const MAX_ANSWER_BYTES = 8 * 1024 * 1024
const KEEP_ALIVE_MS = 30_000

/** What the service wants next. */
export interface WantedProfile {
  /** As the service says it, to be handed back with the upload. */
  readonly resource: Readonly<Record<string, unknown>>
  readonly name: string
  readonly type: CloudProfileType
  readonly durationMs: number
}

export interface ServicePlace {
  readonly url: URL
  readonly projectId: string
  readonly deployment: object
  readonly labels: Readonly<Record<string, string>>
  readonly types: readonly CloudProfileType[]
  readonly accessToken: NonNullable<CloudProfilerOptions['accessToken']>
  readonly clock: Clock
}

/** The protocol of cloudprofiler.googleapis.com, version 2, by HTTP: https://cloud.google.com/profiler/docs/reference/v2/rest. */
export class ProfileService {
  readonly #place: ServicePlace

  constructor(place: ServicePlace) {
    this.#place = place
  }

  /** Waits until the service wants a profile. */
  async create(signal: AbortSignal): Promise<WantedProfile> {
    const { projectId, deployment, types } = this.#place
    const path = `projects/${projectId}/profiles`
    const body = { deployment, profileType: types }
    const resource = await this.#call('POST', path, body, CREATE_MS, signal)
    const { name, profileType, duration } = resource
    const type = types.find((known) => known === profileType)
    // The name becomes part of an address.
    if (typeof name !== 'string' || !PROFILE_NAME.test(name) || type === undefined) {
      throw new CloudProfilerFailure('INVALID_ANSWER', 'The service asked for a profile that nobody can make')
    }
    return { resource, name, type, durationMs: durationMs(duration) ?? DEFAULT_DURATION_MS }
  }

  async upload(wanted: WantedProfile, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const profileBytes = Buffer.from(bytes).toString('base64')
    const body = { ...wanted.resource, profileBytes, labels: this.#place.labels }
    await this.#call('PATCH', wanted.name, body, ANSWER_MS, signal)
  }

  async #call(
    method: 'POST' | 'PATCH',
    path: string,
    body: object,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { url, accessToken, clock } = this.#place
    const token = await inTime(clock, ANSWER_MS, signal, accessToken)
    if (!token) throw new CloudProfilerFailure('UNAUTHENTICATED', 'The credentials give no access token')
    const answer = await inTime(clock, limitMs, signal, (inner) =>
      send(new URL(`/v2/${path}`, url), method, token, JSON.stringify(body), inner),
    )
    const parsed = parse(answer.text)
    if (answer.status >= 200 && answer.status < 300 && parsed) return parsed
    const name = statusName(parsed) ?? (parsed ? 'UNKNOWN' : 'INVALID_ANSWER')
    const delayMs = retryDelayMs(parsed) ?? answer.retryAfterMs
    throw new CloudProfilerFailure(name, `The service answered ${answer.status} ${name}`, delayMs)
  }
}

function send(url: URL, method: string, token: string, body: string, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const options = { method, headers, signal, agent: false }
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, (response) => {
    const chunks: Buffer[] = []
    let length = 0
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > MAX_ANSWER_BYTES)
        request.destroy(new CloudProfilerFailure('INVALID_ANSWER', 'The answer is too long'))
      else chunks.push(chunk)
    })
    response.on('error', reject)
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        text: Buffer.concat(chunks).toString('utf8'),
        retryAfterMs: retryAfterMs(response.headers['retry-after']),
      }),
    )
  })
  request.on('error', reject)
  // A process is not to stay for the sake of its profile.
  request.on('socket', (socket) => socket.unref().setKeepAlive(true, KEEP_ALIVE_MS))
  request.end(body)
  return promise
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly retryAfterMs: number | undefined
}

const PROFILE_NAME = /^projects\/[\w.:~-]+\/profiles\/[\w.~-]+$/
/** As the service usually says it. */
const DEFAULT_DURATION_MS = 10_000

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
