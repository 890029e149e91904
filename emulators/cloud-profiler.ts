import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { LOCAL_HOST, onFreePort } from './free-port.ts'
import { decodePprof, type Pprof } from './pprof.ts'

export interface CloudProfilerStandInOptions {
  /** @default a free one */
  readonly port?: number
  /** The only bearer token that is taken. @default any */
  readonly token?: string
}

/** What a client is asked for. */
export interface WantedProfile {
  readonly profileType: 'CPU' | 'WALL' | 'HEAP'
  /** For all but `HEAP`, such as "10s". */
  readonly duration?: string
}

/** What a client sent, decoded. */
export interface UploadedProfile {
  readonly name: string
  readonly profileType: string
  readonly deployment: Deployment
  readonly labels: Readonly<Record<string, string>>
  readonly pprof: Pprof
}

export interface Deployment {
  readonly projectId: string
  readonly target: string
  readonly labels: Readonly<Record<string, string>>
}

/** A local server that speaks the protocol of cloudprofiler.googleapis.com, version 2, by HTTP. */
export interface CloudProfilerStandIn {
  readonly host: string
  readonly port: number
  readonly url: string
  /** Profiles so far, oldest first. */
  readonly uploads: readonly UploadedProfile[]
  /** Requests so far, as "POST /v2/projects/…", oldest first. */
  readonly requests: readonly string[]
  /** Resolves when the request for a profile waits at the server. */
  clientWaits(): Promise<void>
  /** Whoever asks next is to make this one, and resolves with what was uploaded. */
  want(profile: WantedProfile): Promise<UploadedProfile>
  /** Whoever asks next is told to come back later, as the service does after about a minute. */
  backOff(retryDelay: string): void
  /** The next request is answered so. */
  fail(code: number, body: string): void
  /** Breaks what is open. */
  stop(): Promise<void>
}

type Answer =
  | { readonly kind: 'profile'; readonly wanted: WantedProfile; readonly uploaded: (profile: UploadedProfile) => void }
  | { readonly kind: 'error'; readonly code: number; readonly body: string }

interface Created {
  readonly profile: { readonly name: string; readonly profileType: string; readonly deployment: Deployment }
  readonly uploaded: (profile: UploadedProfile) => void
}

/** Holds a request for a profile until somebody wants one. */
export async function startCloudProfilerStandIn(
  options: CloudProfilerStandInOptions = {},
): Promise<CloudProfilerStandIn> {
  return onFreePort(options.port, (port) => startOn(port, options))
}

async function startOn(port: number, { token }: CloudProfilerStandInOptions): Promise<CloudProfilerStandIn> {
  const service = new Service(token)
  const server = createServer((message, response) => void service.answer(message, response))
  server.listen(port, LOCAL_HOST)
  await once(server, 'listening')
  const { uploads, requests } = service
  return {
    ...{ host: LOCAL_HOST, port, url: `http://${LOCAL_HOST}:${port}`, uploads, requests },
    clientWaits: () => service.clientWaits(),
    want(wanted) {
      const { promise, resolve } = Promise.withResolvers<UploadedProfile>()
      service.answerNext({ kind: 'profile', wanted, uploaded: resolve })
      return promise
    },
    backOff(retryDelay) {
      const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }]
      const body = errorBody(409, 'ABORTED', 'No profile is wanted now', details)
      service.answerNext({ kind: 'error', code: 409, body })
    },
    fail: (code, body) => service.failNext(code, body),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

class Service {
  readonly uploads: UploadedProfile[] = []
  readonly requests: string[] = []
  readonly #token: string | undefined
  readonly #answers: Answer[] = []
  readonly #failures: { readonly code: number; readonly body: string }[] = []
  readonly #created = new Map<string, Created>()
  readonly #waiting = new Set<() => void>()
  #arrived = Promise.withResolvers<void>()

  constructor(token: string | undefined) {
    this.#token = token
  }

  clientWaits(): Promise<void> {
    return this.#arrived.promise
  }

  answerNext(answer: Answer): void {
    this.#answers.push(answer)
    for (const wake of this.#waiting) wake()
  }

  failNext(code: number, body: string): void {
    this.#failures.push({ code, body })
  }

  async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = message
    this.requests.push(`${method} ${url}`)
    const body = await jsonOf(message)
    const failure = this.#failures.shift()
    const [, project] = /^\/v2\/projects\/([^/]+)\/profiles$/.exec(url) ?? []
    const [, name] = /^\/v2\/(projects\/[^/]+\/profiles\/[^/:?]+)$/.exec(url) ?? []
    if (failure) send(response, failure.code, failure.body)
    else if (!isAuthorized(message, this.#token)) {
      sendError(response, 401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')
    } else if (body === undefined) sendError(response, 400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.')
    else if (method === 'POST' && project) await this.#create(decodeURIComponent(project), body, response)
    else if (method === 'PATCH' && name) this.#update(name, body, response)
    else sendError(response, 404, 'NOT_FOUND', 'Method not found.')
  }

  async #create(projectId: string, body: object, response: ServerResponse): Promise<void> {
    const { deployment, profileType } = body as { deployment?: Deployment; profileType?: readonly string[] }
    if (deployment === undefined || deployment.projectId !== projectId || !TARGET.test(deployment.target)) {
      sendError(response, 400, 'INVALID_ARGUMENT', 'Deployment is missing or invalid')
      return
    }
    if (!Array.isArray(profileType) || profileType.length === 0) {
      sendError(response, 400, 'INVALID_ARGUMENT', 'At least one profile type is needed')
      return
    }
    const answer = await this.#nextAnswer(response)
    if (answer?.kind === 'error') send(response, answer.code, answer.body)
    if (answer?.kind !== 'profile') return
    const name = `projects/${projectId}/profiles/stand-in-${this.#created.size + 1}`
    const profile = { name, ...answer.wanted, deployment }
    this.#created.set(name, { profile, uploaded: answer.uploaded })
    send(response, 200, JSON.stringify(profile))
  }

  /** `undefined` once the client went away. */
  async #nextAnswer(response: ServerResponse): Promise<Answer | undefined> {
    const gone = once(response, 'close')
    while (!response.destroyed) {
      const answer = this.#answers.shift()
      if (answer) return answer
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      this.#arrived.resolve()
      await Promise.race([promise, gone])
      this.#waiting.delete(resolve)
      if (this.#waiting.size === 0) this.#arrived = Promise.withResolvers()
    }
    return undefined
  }

  #update(name: string, body: object, response: ServerResponse): void {
    const known = this.#created.get(name)
    if (!known) {
      sendError(response, 404, 'NOT_FOUND', 'Profile not found')
      return
    }
    const { profileBytes = '', labels = {} } = body as { profileBytes?: string; labels?: Record<string, string> }
    try {
      const pprof = decodePprof(gunzipSync(Buffer.from(profileBytes, 'base64')))
      const upload = { ...known.profile, labels, pprof }
      this.uploads.push(upload)
      send(response, 200, JSON.stringify(known.profile))
      known.uploaded(upload)
    } catch (error) {
      sendError(response, 400, 'INVALID_ARGUMENT', `Profile bytes can not be read: ${error}`)
    }
  }
}

/** As the service checks it. */
const TARGET = /^[a-z]([-a-z0-9_.]{0,253}[a-z0-9])?$/

function isAuthorized({ headers }: IncomingMessage, token: string | undefined): boolean {
  return token === undefined || headers.authorization === `Bearer ${token}`
}

async function jsonOf(message: IncomingMessage): Promise<object | undefined> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return typeof body === 'object' && body !== null ? body : undefined
  } catch {
    return undefined
  }
}

function sendError(response: ServerResponse, code: number, status: string, message: string): void {
  send(response, code, errorBody(code, status, message))
}

function errorBody(code: number, status: string, message: string, details: readonly object[] = []): string {
  return JSON.stringify({ error: { code, message, status, ...(details.length > 0 && { details }) } })
}

function send(response: ServerResponse, code: number, body: string): void {
  response.writeHead(code, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(body)
}
