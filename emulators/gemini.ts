import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { LOCAL_HOST, onFreePort } from './free-port.ts'
import { askedOf, defaultText, generated, standInTokens, textOf } from './gemini-answers.ts'
import { camel, checkContents, checkGenerate, fields } from './gemini-checks.ts'
import { batchEmbedContents, embedContent, predict } from './gemini-embeddings.ts'
import { apiKeyInvalid, errorInfo, GeminiError } from './gemini-error.ts'
import { type GeminiFault, type GeminiFaultOptions, GeminiFaults } from './gemini-faults.ts'
import { sendAnswer, sendFault, sendJson } from './gemini-replies.ts'
import { bodyOf, credentialsOf, type GeminiRequest, routeOf } from './gemini-request.ts'

export type { GeminiFault, GeminiFaultOptions } from './gemini-faults.ts'
export type { GeminiRequest } from './gemini-request.ts'

export interface GeminiOptions {
  /** @default a free one */
  readonly port?: number
  /** The only key that is taken. @default any */
  readonly apiKey?: string
  /** The only bearer token that Vertex's paths take. @default any */
  readonly token?: string
}

/** A local server that speaks the protocol of Gemini's API and of Vertex, and knows no language. */
export interface GeminiStandIn {
  readonly host: string
  readonly port: number
  readonly url: string
  /** What points Google's clients to it, but for a key or credentials. */
  readonly env: Readonly<Record<string, string>>
  /** All requests so far, oldest first. */
  readonly requests: readonly GeminiRequest[]
  /** Resolves with the next request that arrives, before it is answered. */
  nextRequest(): Promise<GeminiRequest>
  /** What the model says from now on. Without it: JSON by the schema that was sent, made of the data that was sent. */
  answerWith(say: (request: GeminiRequest) => string): void
  fail(fault: GeminiFault, options?: GeminiFaultOptions): void
  /** Forgets requests, faults and what to answer with. */
  reset(): void
  /** Breaks what is open. */
  stop(): Promise<void>
}

/** Models of these families are there; others are not found. */
const MODELS = /^gemini-(?:[1-9](?:\.\d)?-(?:pro|flash)(?:-lite)?|embedding-(?:001|2))$/

export async function startGemini(options: GeminiOptions = {}): Promise<GeminiStandIn> {
  return onFreePort(options.port, (port) => startOn(port, options))
}

async function startOn(port: number, options: GeminiOptions): Promise<GeminiStandIn> {
  const faults = new GeminiFaults()
  const requests: GeminiRequest[] = []
  let say = defaultText
  let next = Promise.withResolvers<GeminiRequest>()
  const server = createServer(async (message, response) => {
    try {
      const request = await readRequest(message, response)
      requests.push(request)
      const arrived = next
      next = Promise.withResolvers()
      arrived.resolve(request)
      const fault = faults.take(request)
      if (fault) sendFault(fault, request, response)
      else {
        checkCredentials(request, options)
        sendAnswer(request, response, answerTo(request, say))
      }
    } catch (error) {
      const known = error instanceof GeminiError ? error : new GeminiError(500, String(error))
      sendJson(response, known.code, known)
    }
  })
  server.listen(port, LOCAL_HOST)
  await once(server, 'listening')
  const url = `http://${LOCAL_HOST}:${port}`
  return {
    ...{ host: LOCAL_HOST, port, url, requests },
    env: { GOOGLE_GEMINI_BASE_URL: url, GOOGLE_VERTEX_BASE_URL: url },
    nextRequest: () => next.promise,
    answerWith(other) {
      say = other
    },
    fail: (fault, faultOptions) => faults.plan(fault, faultOptions),
    reset() {
      requests.length = 0
      faults.clear()
      say = defaultText
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function readRequest(message: IncomingMessage, response: ServerResponse): Promise<GeminiRequest> {
  const url = new URL(message.url ?? '/', 'http://stand-in')
  const route = routeOf(url.pathname)
  let isAborted = false
  const aborted = Promise.withResolvers<void>()
  response.on('close', () => {
    if (response.writableFinished) return
    isAborted = true
    aborted.resolve()
  })
  const body = await bodyOf(message)
  if (!route) throw new GeminiError(404, `Not found: ${url.pathname}`)
  return {
    ...route,
    ...credentialsOf(message, url),
    ...{ body, isSse: url.searchParams.get('alt') === 'sse', aborted: aborted.promise, isAborted: () => isAborted },
  }
}

function checkCredentials({ service, apiKey, token }: GeminiRequest, options: GeminiOptions): void {
  if (service === 'vertex' && apiKey === undefined) {
    if (token !== undefined && (options.token === undefined || token === options.token)) return
    throw new GeminiError(401, 'Request had invalid authentication credentials.', [
      errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED'),
    ])
  }
  if (apiKey === undefined || apiKey === '') {
    throw new GeminiError(403, "Method doesn't allow unregistered callers (callers without established identity).")
  }
  if (options.apiKey !== undefined && apiKey !== options.apiKey) throw apiKeyInvalid()
}

function answerTo(request: GeminiRequest, say: (request: GeminiRequest) => string): object {
  const { method, model, version } = request
  if (!MODELS.test(model)) {
    throw new GeminiError(
      404,
      `models/${model} is not found for API version ${version}, or is not supported for ${method}.`,
    )
  }
  switch (method) {
    case 'get':
      return modelOf(request)
    case 'generateContent':
    case 'streamGenerateContent': {
      checkGenerate(request)
      const text = say(request)
      const most = Number(askedOf(request).config.maxOutputTokens ?? Number.POSITIVE_INFINITY)
      const isCut = standInTokens(text) > most
      return generated(request, isCut ? text.slice(0, most * 4) : text, isCut ? 'MAX_TOKENS' : 'STOP')
    }
    case 'countTokens':
      return countTokens(request)
    case 'embedContent':
      return embedContent(request)
    case 'batchEmbedContents':
      return batchEmbedContents(request)
    case 'predict':
      return predict(request)
    default:
      throw new GeminiError(404, `Method not found: ${method}`)
  }
}

function modelOf({ model, service }: GeminiRequest): object {
  if (service === 'vertex') return { name: `publishers/google/models/${model}`, versionId: 'default' }
  return {
    name: `models/${model}`,
    version: '001',
    displayName: model,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
  }
}

function countTokens(request: GeminiRequest): object {
  const body = camel(fields(request.body, ''))
  const asked = body.generateContentRequest === undefined ? body : camel(fields(body.generateContentRequest, 'request'))
  checkContents(asked.contents, 'CountTokensRequest')
  return { totalTokens: standInTokens(textOf(asked.systemInstruction) + textOf(asked.contents)) }
}

if (import.meta.main) {
  const gemini = await startGemini({ ...(process.env.PORT && { port: Number(process.env.PORT) }) })
  console.log(gemini.url)
}
