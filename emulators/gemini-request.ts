import type { IncomingMessage } from 'node:http'

/** A request as it came in. */
export interface GeminiRequest {
  /** Such as "generateContent", or "get" of a model. */
  readonly method: string
  /** Without what stands before it in the path. */
  readonly model: string
  /** Such as "v1beta". */
  readonly version: string
  readonly service: 'gemini' | 'vertex'
  /** Of Vertex, where the path says it. */
  readonly project?: string
  readonly location?: string
  readonly apiKey?: string
  /** What came as `Authorization: Bearer`. */
  readonly token?: string
  /** Whether the answer is to be server-sent events. */
  readonly isSse: boolean
  /** As sent. `undefined` where it is no JSON. */
  readonly body: unknown
  /** Whether the client went away before it had a whole answer. */
  isAborted(): boolean
  /** Resolves when it did. */
  readonly aborted: Promise<void>
}

/** What a path says. */
export type GeminiRoute = Pick<GeminiRequest, 'method' | 'model' | 'version' | 'service' | 'project' | 'location'>

const GEMINI = /^\/(v1|v1alpha|v1beta)\/models\/([^/:]+)(?::(\w+))?$/
const VERTEX =
  /^\/(v1|v1beta1)\/(?:projects\/([^/]+)\/locations\/([^/]+)\/)?publishers\/google\/models\/([^/:]+)(?::(\w+))?$/

/** `undefined`: nothing is there. */
export function routeOf(path: string): GeminiRoute | undefined {
  const vertex = VERTEX.exec(path)
  if (vertex) {
    const [, version, project, location, model, method = 'get'] = vertex
    return {
      method,
      model: model!,
      version: version!,
      service: 'vertex',
      ...(project && { project, location: location! }),
    }
  }
  const gemini = GEMINI.exec(path)
  if (!gemini) return undefined
  const [, version, model, method = 'get'] = gemini
  return { method, model: model!, version: version!, service: 'gemini' }
}

export function credentialsOf(message: IncomingMessage, url: URL): Pick<GeminiRequest, 'apiKey' | 'token'> {
  const apiKey = message.headers['x-goog-api-key'] ?? url.searchParams.get('key')
  const [, token] = /^Bearer (.+)$/.exec(message.headers.authorization ?? '') ?? []
  return { ...(typeof apiKey === 'string' && { apiKey }), ...(token !== undefined && { token }) }
}

/** `undefined` where it is no JSON. */
export async function bodyOf(message: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}
