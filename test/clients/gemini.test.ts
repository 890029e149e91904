import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GoogleGenAI } from '@google/genai'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type GeminiFault, type GeminiStandIn, startGemini } from '../../emulators/gemini.ts'
import { connectGemini } from '../../src/clients/gemini.ts'
import { errorOf, generativeModel, KEY, never, PROMPT, SECRET_DATA, WAYS } from './gemini-place.ts'

let gemini: GeminiStandIn

beforeAll(async () => {
  gemini = await startGemini({ apiKey: KEY })
})

beforeEach(() => gemini.reset())

afterAll(() => gemini?.stop())

/** What goes wrong, what the caller is told of it. */
const FAULTS: readonly (readonly [name: string, fault: GeminiFault, details: object])[] = [
  ['a quota', { kind: 'status', code: 429, retryDelaySeconds: 7.5 }, { reason: 'rate-limited', retryAfterMs: 7500 }],
  ['a quota without a delay', { kind: 'status', code: 429 }, { reason: 'rate-limited', status: 429 }],
  ['an overload', { kind: 'status', code: 503 }, { reason: 'unavailable', status: 503 }],
  ['an error inside', { kind: 'status', code: 500 }, { reason: 'unavailable', status: 500 }],
  ['a deadline of the service', { kind: 'status', code: 504 }, { reason: 'timeout', status: 504 }],
  ['a bad request', { kind: 'status', code: 400, message: SECRET_DATA }, { reason: 'refused', status: 400 }],
  ['a refused prompt', { kind: 'prompt blocked' }, { reason: 'blocked' }],
  ['an unsafe answer', { kind: 'finish', reason: 'SAFETY' }, { reason: 'blocked' }],
  ['a recited answer', { kind: 'finish', reason: 'RECITATION' }, { reason: 'blocked' }],
  ['a model that stops for no reason', { kind: 'finish', reason: 'OTHER' }, { reason: 'empty' }],
  ['no candidates', { kind: 'no candidates' }, { reason: 'empty' }],
  ['an empty text', { kind: 'text', text: '' }, { reason: 'empty' }],
  ['an answer that is too long', { kind: 'finish', reason: 'MAX_TOKENS' }, { reason: 'truncated' }],
  ['a broken connection', { kind: 'reset' }, { reason: 'unavailable' }],
  ['a body that is no JSON', { kind: 'body', body: `{"candidates": [${SECRET_DATA}` }, { reason: 'malformed' }],
  ['an empty body', { kind: 'body', body: '' }, { reason: 'malformed' }],
  ['a body that is null', { kind: 'body', body: 'null' }, { reason: 'malformed' }],
  ['an answer of another kind', { kind: 'body', body: '{"candidates":{"text":7}}' }, { reason: 'malformed' }],
  ['a page instead of an answer', { kind: 'html', code: 200 }, { reason: 'malformed' }],
  ['a page of an error', { kind: 'html', code: 502 }, { reason: 'unavailable', status: 502 }],
]

describe.each(WAYS)('%s', (_, connect) => {
  it('gives an answer by the schema, with what it took', async () => {
    const answer = await connect(gemini).generate(PROMPT, never())
    expect(JSON.parse(answer.text)).toEqual({ summary: SECRET_DATA })
    // Four characters to a token.
    expect(answer.inputTokens).toBe(Math.ceil((PROMPT.instructions + PROMPT.data).length / 4))
    expect(answer.outputTokens).toBe(Math.ceil(answer.text.length / 4))
  })

  it('sends instructions and data apart, no tools, and little room to think', async () => {
    await connect(gemini).generate(PROMPT, never())
    const [request] = gemini.requests
    expect(request).toMatchObject({ method: 'generateContent', model: 'gemini-3.5-flash-lite', apiKey: KEY })
    const { generationConfig, ...body } = request!.body as { generationConfig: object }
    expect(body).toMatchObject({ contents: [{ role: 'user', parts: [{ text: PROMPT.data }] }] })
    expect(JSON.stringify(body)).not.toContain('"tools"')
    expect(JSON.stringify(Reflect.get(body, 'systemInstruction'))).toContain(PROMPT.instructions)
    expect(generationConfig).toMatchObject({
      responseMimeType: 'application/json',
      thinkingConfig: { thinkingLevel: 'MINIMAL' },
    })
  })

  it('counts tokens of messages', async () => {
    const contents = [
      { role: 'user', parts: [{ text: '12345678' }] },
      { role: 'model', parts: [{ text: '1234' }] },
    ]
    // Parts are joined by a line break.
    await expect(connect(gemini).countTokens(contents, never())).resolves.toBe(4)
  })

  it.each(FAULTS)('says what is the matter with %s, and asks once', async (_name, fault, details) => {
    gemini.fail(fault)
    const error = await errorOf(connect(gemini).generate(PROMPT, never()))
    expect(error.code).toBe('MODEL_FAILED')
    expect(error.details).toMatchObject({ model: 'gemini-3.5-flash-lite', ...details })
    expect(gemini.requests).toHaveLength(1)
  })

  it.each(['silence', 'stall'] as const)(
    'ends at once on %s when it is aborted, and closes its connection',
    async (kind) => {
      gemini.fail({ kind })
      const arrived = gemini.nextRequest()
      const stop = new AbortController()
      const failed = errorOf(connect(gemini).generate(PROMPT, stop.signal))
      const request = await arrived
      stop.abort(new Error('enough'))
      const error = await failed
      expect(error.code).toBe('ABORTED')
      expect(error.cause).toEqual(new Error('enough'))
      await request.aborted
    },
  )

  it('sends nothing for a signal that was aborted before', async () => {
    const error = await errorOf(connect(gemini).generate(PROMPT, AbortSignal.abort()))
    expect(error.code).toBe('ABORTED')
    expect(gemini.requests).toHaveLength(0)
  })

  it('says that nobody is there', async () => {
    const gone = await startGemini()
    await gone.stop()
    const error = await errorOf(connect(gone).generate(PROMPT, never()))
    expect(error.details).toEqual({ reason: 'unavailable', model: 'gemini-3.5-flash-lite' })
  })

  it('says that the key is wrong', async () => {
    const other = await startGemini({ apiKey: 'another' })
    const error = await errorOf(connect(other).generate(PROMPT, never()))
    await other.stop()
    expect(error.details).toMatchObject({ reason: 'refused', status: 400 })
    expect(error.message).toContain('expected a valid API key')
  })

  it('says which field the service does not take', async () => {
    const error = await errorOf(connect(gemini).generate({ ...PROMPT, schema: { type: 'object' } }, never()))
    expect(error.details).toMatchObject({ reason: 'refused', status: 400 })
    expect(error.message).toContain('response_schema.properties')
  })
})

describe('@google/genai', () => {
  const connect = (options: object = {}) => connectGemini({ geminiApiKey: KEY, geminiBaseUrl: gemini.url, ...options })

  it('waits as long as the header asks for, where that is longer', async () => {
    gemini.fail({ kind: 'status', code: 429, retryDelaySeconds: 2, retryAfterSeconds: 30 })
    const error = await errorOf(connect().generate(PROMPT, never()))
    expect(error.details).toMatchObject({ reason: 'rate-limited', retryAfterMs: 30_000 })
  })

  it.each(['gemini-2.0-flash', 'gemini-2.5-flash', 'gemini-2.5-pro', 'gemini-3-pro', 'gemini-3.8-flash'])(
    'asks %s with settings that it takes',
    async (geminiModel) => {
      const calls = connect({ geminiModel })
      expect(calls.model).toBe(geminiModel)
      await expect(calls.generate(PROMPT, never())).resolves.toMatchObject({ text: expect.any(String) })
    },
  )

  it('says that the model is not there', async () => {
    const error = await errorOf(connect({ geminiModel: 'gemini-of-1999' }).generate(PROMPT, never()))
    expect(error.details).toEqual({ reason: 'refused', status: 404, model: 'gemini-of-1999' })
    expect(error.message).toContain('expected a model that it has')
  })

  it('keeps what a given client was made with', async () => {
    const geminiClient = new GoogleGenAI({
      apiKey: KEY,
      enterprise: false,
      httpOptions: { baseUrl: gemini.url, apiVersion: 'v1beta', timeout: 20 },
    })
    gemini.fail({ kind: 'silence' })
    const error = await errorOf(connectGemini({ geminiClient }).generate(PROMPT, never()))
    expect(error.details.reason).toBe('timeout')
    expect(gemini.requests[0]).toMatchObject({ version: 'v1beta', apiKey: KEY })
  })

  it('takes its key nowhere else', async () => {
    const detour = createServer((_, response) => {
      response.writeHead(307, { location: `${gemini.url}/v1/models/${connect().model}:generateContent` })
      response.end()
    })
    detour.listen(0, '127.0.0.1')
    await once(detour, 'listening')
    const { port } = detour.address() as AddressInfo
    const calls = connect({ geminiBaseUrl: `http://127.0.0.1:${port}` })
    const error = await errorOf(calls.generate(PROMPT, never()))
    detour.close()
    expect(error.code).toBe('MODEL_FAILED')
    expect(gemini.requests).toHaveLength(0)
  })

  it('says how to install the package', async () => {
    const calls = connectGemini({ geminiApiKey: KEY }, { load: () => Promise.reject(new Error('no such package')) })
    const error = await errorOf(calls.generate(PROMPT, never()))
    expect(error.code).toBe('PEER_MISSING')
    expect(error.message).toContain('npm install @google/genai@3')
  })

  it.each(['gemini-embedding-2', 'gemini-embedding-001'])('embeds with %s, a hundred in a request', async (model) => {
    const calls = connect({ geminiEmbeddingModel: model })
    const texts = Array.from({ length: 150 }, (_, i) => `text of number ${i}`)
    const vectors = await calls.embed([...texts, '  ', 'sailing to the island'], 'item', never())
    expect(vectors).toHaveLength(152)
    expect(gemini.requests.map(({ method }) => method)).toEqual(['batchEmbedContents', 'batchEmbedContents'])
    expect(vectors[150]!.every((value) => value === 0)).toBe(true)
    const [query] = await calls.embed(['island sailing'], 'query', never())
    const like = (vector: Float32Array) => vector.reduce((sum, value, i) => sum + value * query![i]!, 0)
    expect(like(query!)).toBeCloseTo(1, 5)
    expect(vectors.indexOf(vectors.toSorted((a, b) => like(b) - like(a))[0]!)).toBe(151)
  })

  it('embeds nothing without a request', async () => {
    await expect(connect().embed([], 'item', never())).resolves.toEqual([])
    expect(gemini.requests).toHaveLength(0)
  })
})

describe('a given GenerativeModel', () => {
  it('keeps its safety settings, and lends neither its instructions nor its tools', async () => {
    const safetySettings = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }]
    const geminiClient = generativeModel(gemini.url, {
      safetySettings,
      systemInstruction: 'Talk like a pirate.',
      tools: [{ functionDeclarations: [{ name: 'open_vault' }] }],
      generationConfig: { stopSequences: ['"'] },
    })
    await connectGemini({ geminiClient }).generate(PROMPT, never())
    expect(gemini.requests[0]!.body).toMatchObject({ safetySettings })
    const sent = JSON.stringify(gemini.requests[0]!.body)
    for (const absent of ['pirate', 'open_vault', 'stopSequences']) expect(sent).not.toContain(absent)
  })

  it('does not embed', async () => {
    const calls = connectGemini({ geminiClient: generativeModel(gemini.url) })
    expect(await errorOf(calls.embed(['a'], 'item', never()))).toMatchObject({ code: 'NOT_SUPPORTED' })
  })
})

describe('the environment', () => {
  const NAMES = ['GOOGLE_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_GENAI_USE_ENTERPRISE', 'GOOGLE_GENAI_USE_VERTEXAI']

  beforeEach(() => {
    for (const name of NAMES) vi.stubEnv(name, undefined)
  })

  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('has the key and the address where no option has', async () => {
    vi.stubEnv('GEMINI_API_KEY', KEY)
    for (const [name, value] of Object.entries(gemini.env)) vi.stubEnv(name, value)
    await connectGemini().generate(PROMPT, never())
    expect(gemini.requests).toMatchObject([{ apiKey: KEY, service: 'gemini' }])
  })

  it('does not change who is asked where an option says it', async () => {
    vi.stubEnv('GOOGLE_GENAI_USE_ENTERPRISE', 'true')
    await connectGemini({ geminiApiKey: KEY, geminiBaseUrl: gemini.url }).generate(PROMPT, never())
    expect(gemini.requests).toMatchObject([{ apiKey: KEY, service: 'gemini' }])
  })

  it('without a key is refused before anything is sent', () => {
    expect(() => connectGemini()).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

describe('connectGemini refuses', () => {
  it.each<[string, object, string]>([
    ['a misspelt name', { geminiModle: 'x' }, 'geminiModel'],
    ['a model that leads elsewhere', { geminiModel: '../files', geminiApiKey: KEY }, 'geminiModel'],
    ['a key with a line break', { geminiApiKey: `${KEY}\n` }, 'geminiApiKey'],
    ['a key beside a project', { geminiApiKey: KEY, geminiProject: 'demo-project' }, 'geminiApiKey'],
    ['a location without a project', { geminiLocation: 'global', geminiApiKey: KEY }, 'geminiLocation'],
    ['an address that is none', { geminiBaseUrl: 'localhost', geminiApiKey: KEY }, 'geminiBaseUrl'],
    ['a client of another kind', { geminiClient: {} }, 'geminiClient'],
    ['a key beside a client', { geminiClient: generativeModel('http://x'), geminiApiKey: KEY }, 'geminiApiKey'],
    [
      'a model beside a GenerativeModel',
      { geminiClient: generativeModel('http://x'), geminiModel: 'm' },
      'geminiModel',
    ],
  ])('%s', async (_, options, name) => {
    const error = await errorOf(Promise.resolve().then(() => connectGemini(options)))
    expect(error.code).toBe('INVALID_OPTION')
    expect(error.message).toContain(name)
  })
})
