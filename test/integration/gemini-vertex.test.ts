import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type GeminiStandIn, startGemini } from '../../emulators/gemini.ts'
import { connectGemini } from '../../src/clients/gemini.ts'
import type { GeminiCalls } from '../../src/clients/gemini-calls.ts'
import { errorOf, never, PROMPT } from '../clients/gemini-place.ts'
import { TempFolder } from '../support/temp-folder.ts'

const TOKEN = 'secret-token-0815'
const PROJECT = 'demo-project'

let gemini: GeminiStandIn
let tokens: Server
let folder: TempFolder
let tokenAnswer: { readonly code: number; readonly body: object }

beforeAll(async () => {
  gemini = await startGemini({ token: TOKEN })
  tokens = createServer((_, response) => {
    response.writeHead(tokenAnswer.code, { 'content-type': 'application/json' })
    response.end(JSON.stringify(tokenAnswer.body))
  })
  tokens.listen(0, '127.0.0.1')
  await once(tokens, 'listening')
  folder = new TempFolder()
  writeFileSync(folder.file('subject'), 'a token of somebody else')
  const { port } = tokens.address() as AddressInfo
  // As of a workload outside of Google's cloud: a kind of default credentials that says where to get its tokens.
  writeFileSync(
    folder.file('credentials.json'),
    JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/demo/providers/demo',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `http://127.0.0.1:${port}/token`,
      credential_source: { file: folder.file('subject') },
    }),
  )
})

afterEach(() => {
  gemini.reset()
  vi.unstubAllEnvs()
})

afterAll(async () => {
  tokens?.close()
  folder?.[Symbol.dispose]()
  await gemini?.stop()
})

function connect(options: object = {}): GeminiCalls {
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', folder.file('credentials.json'))
  tokenAnswer = { code: 200, body: { access_token: TOKEN, token_type: 'Bearer', expires_in: 3600 } }
  return connectGemini({ geminiProject: PROJECT, geminiBaseUrl: gemini.url, ...options })
}

describe('Vertex AI with default credentials', () => {
  it.each([
    ['the global location', {}, 'global'],
    ['a region', { geminiLocation: 'europe-west4' }, 'europe-west4'],
  ])('answers in %s', async (_, options, location) => {
    const answer = await connect(options).generate(PROMPT, never())
    expect(JSON.parse(answer.text)).toEqual({ summary: PROMPT.data })
    expect(gemini.requests).toMatchObject([
      { service: 'vertex', project: PROJECT, location, token: TOKEN, model: 'gemini-3.5-flash-lite' },
    ])
  })

  it('counts tokens', async () => {
    const contents = [{ role: 'user', parts: [{ text: '12345678' }] }]
    await expect(connect().countTokens(contents, never())).resolves.toBe(2)
  })

  it.each([
    ['gemini-embedding-2', 'embedContent'],
    ['gemini-embedding-001', 'predict'],
  ])('embeds with %s, text by text', async (geminiEmbeddingModel, method) => {
    const texts = Array.from({ length: 20 }, (_, i) => `number ${'x'.repeat(i)}`)
    const calls = connect({ geminiEmbeddingModel })
    const vectors = await calls.embed(texts, 'item', never())
    expect(gemini.requests.map((request) => request.method)).toEqual(new Array(20).fill(method))
    // In the order of the texts, though requests are under way together.
    for (const [i, text] of texts.entries()) {
      expect(vectors[i]).toEqual((await calls.embed([text], 'item', never()))[0])
    }
  })

  it('asks for no further embeddings once one has failed', async () => {
    gemini.fail({ kind: 'status', code: 503 }, { times: Number.POSITIVE_INFINITY })
    const texts = Array.from({ length: 100 }, (_, i) => `number ${i}`)
    const error = await errorOf(connect().embed(texts, 'item', never()))
    expect(error.details).toEqual({ reason: 'unavailable', status: 503, model: 'gemini-embedding-2' })
    // As many as are under way at once.
    expect(gemini.requests.length).toBeLessThanOrEqual(8)
  })

  it('says that the credentials may not', async () => {
    const calls = connect()
    tokenAnswer = { code: 200, body: { access_token: 'another', token_type: 'Bearer', expires_in: 3600 } }
    const error = await errorOf(calls.generate(PROMPT, never()))
    expect(error.details).toMatchObject({ reason: 'refused', status: 401 })
    expect(error.message).toContain('expected a key or credentials')
  })

  it('says that there are no credentials', async () => {
    const calls = connect()
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', folder.file('missing.json'))
    const error = await errorOf(calls.generate(PROMPT, never()))
    expect(error.details).toEqual({ reason: 'refused', model: 'gemini-3.5-flash-lite' })
    expect(error.message).toContain('application-default-credentials')
    expect(gemini.requests).toHaveLength(0)
  })

  it.each([
    [400, 'refused'],
    [503, 'unavailable'],
  ])('says what is the matter where no token can be had: %s', async (code, reason) => {
    const calls = connect()
    tokenAnswer = { code, body: { error: 'invalid_grant', error_description: TOKEN } }
    const error = await errorOf(calls.generate(PROMPT, never()))
    expect(error.details).toMatchObject({ reason })
    expect(error.message).not.toContain(TOKEN)
  })
})
