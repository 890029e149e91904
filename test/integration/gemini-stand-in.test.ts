import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { GoogleGenAI } from '@google/genai'
import { GoogleGenerativeAI } from '@google/generative-ai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type GeminiStandIn, startGemini } from '../../emulators/gemini.ts'

const KEY = 'a-key'
const MODEL = 'gemini-3.5-flash-lite'
const CONTENTS = [{ role: 'user', parts: [{ text: 'The boat lies in Kiel.' }] }]

let gemini: GeminiStandIn

beforeAll(async () => {
  gemini = await startGemini({ apiKey: KEY })
})

beforeEach(() => gemini.reset())

afterAll(() => gemini?.stop())

interface Reply {
  readonly code: number
  readonly body: unknown
}

async function post(method: string, body: object, path = `v1beta/models/${MODEL}`): Promise<Reply> {
  const response = await fetch(`${gemini.url}/${path}:${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': KEY },
    body: JSON.stringify(body),
  })
  return { code: response.status, body: await response.json() }
}

describe("Gemini's stand-in", () => {
  it('answers by the schema, in the same way each time', async () => {
    const schema = {
      type: 'OBJECT',
      properties: {
        facts: { type: 'ARRAY', items: { type: 'STRING' } },
        mood: { type: 'STRING', enum: ['calm', 'stormy'] },
        count: { type: 'INTEGER', minimum: 3 },
        sure: { type: 'BOOLEAN' },
      },
    }
    const generationConfig = { responseMimeType: 'application/json', responseSchema: schema }
    const { body } = await post('generateContent', { contents: CONTENTS, generationConfig })
    expect((await post('generateContent', { contents: CONTENTS, generationConfig })).body).toEqual(body)
    const answer = body as { candidates: { content: { parts: { text: string }[] } }[] }
    expect(JSON.parse(answer.candidates[0]!.content.parts[0]!.text)).toEqual({
      facts: ['The boat lies in Kiel.'],
      mood: 'calm',
      count: 3,
      sure: false,
    })
  })

  it('cuts an answer off where the request says so', async () => {
    const { body } = await post('generateContent', { contents: CONTENTS, generationConfig: { maxOutputTokens: 1 } })
    expect(body).toMatchObject({ candidates: [{ finishReason: 'MAX_TOKENS', content: { parts: [{ text: 'The ' }] } }] })
  })

  it('says what a test wants it to say', async () => {
    gemini.answerWith(({ model }) => `I am ${model}`)
    const { body } = await post('generateContent', { contents: CONTENTS })
    expect(body).toMatchObject({ candidates: [{ content: { parts: [{ text: `I am ${MODEL}` }] } }] })
  })

  it('streams to @google/genai', async () => {
    const ai = new GoogleGenAI({ apiKey: KEY, enterprise: false, httpOptions: { baseUrl: gemini.url } })
    const parts: (string | undefined)[] = []
    for await (const part of await ai.models.generateContentStream({ model: MODEL, contents: CONTENTS })) {
      parts.push(part.text)
    }
    expect(parts).toHaveLength(2)
    expect(parts.join('')).toBe('The boat lies in Kiel.')
    await expect(ai.models.get({ model: MODEL })).resolves.toMatchObject({ name: `models/${MODEL}` })
  })

  it('streams to @google/generative-ai', async () => {
    const model = new GoogleGenerativeAI(KEY).getGenerativeModel({ model: MODEL }, { baseUrl: gemini.url })
    const { stream, response } = await model.generateContentStream({ contents: CONTENTS })
    const parts: string[] = []
    for await (const part of stream) parts.push(part.text())
    expect(parts.join('')).toBe('The boat lies in Kiel.')
    expect((await response).usageMetadata?.promptTokenCount).toBe(6)
  })

  it('streams an array to those who do not ask for events', async () => {
    const { body } = await post('streamGenerateContent', { contents: CONTENTS })
    expect(body).toMatchObject([{ candidates: [{}] }, { candidates: [{ finishReason: 'STOP' }] }])
  })

  it('stops half-way in a stream, until the client goes away', async () => {
    gemini.fail({ kind: 'stall' })
    const ai = new GoogleGenAI({ apiKey: KEY, enterprise: false, httpOptions: { baseUrl: gemini.url } })
    const stop = new AbortController()
    const config = { abortSignal: stop.signal }
    const arrived = gemini.nextRequest()
    const parts = await ai.models.generateContentStream({ model: MODEL, contents: CONTENTS, config })
    const next = parts.next()
    stop.abort()
    await Promise.allSettled([next])
    await (await arrived).aborted
  })

  it.each<[string, object, string]>([
    ['a name that it does not know', { contents: CONTENTS, sytemInstruction: {} }, 'Unknown name "sytemInstruction"'],
    ['no contents', {}, 'contents is not specified'],
    ['contents without parts', { contents: [{ role: 'user', parts: [] }] }, 'must not be empty'],
    ['a role that is none', { contents: [{ role: 'assistant', parts: [{ text: 'a' }] }] }, 'valid role'],
    ['a last turn of the model', { contents: [{ role: 'model', parts: [{ text: 'a' }] }] }, 'last turn'],
    ['a setting that it does not know', config({ maxTokens: 5 }), 'Unknown name "maxTokens"'],
    ['a schema without a kind of answer', config({ responseSchema: { type: 'STRING' } }), 'response_mime_type'],
    ['an object without properties', schema({ type: 'OBJECT', properties: {} }), 'non-empty for OBJECT'],
    ['an array of nothing', schema({ type: 'ARRAY' }), 'missing field'],
    ['a type that is none', schema({ type: 'text' }), 'must be specified'],
    ['a keyword of JSON schema that it lacks', schema({ type: 'STRING', const: 'a' }), 'Unknown name "const"'],
    [
      'a required property that is none',
      schema({ type: 'OBJECT', properties: { a: { type: 'STRING' } }, required: ['b'] }),
      'property is not defined',
    ],
    ['two ways to say how much to think', thinking({ thinkingBudget: 0, thinkingLevel: 'LOW' }), 'only one of'],
  ])('refuses %s', async (_, body, message) => {
    const reply = await post('generateContent', body)
    expect(reply).toMatchObject({ code: 400, body: { error: { code: 400, status: 'INVALID_ARGUMENT' } } })
    expect(JSON.stringify(reply.body)).toContain(JSON.stringify(message).slice(1, -1))
  })

  it.each([
    ['gemini-3.8-flash', { thinkingLevel: 'MINIMAL' }],
    ['gemini-2.5-flash', { thinkingLevel: 'LOW' }],
    ['gemini-2.5-pro', { thinkingBudget: 0 }],
    ['gemini-2.0-flash', { thinkingBudget: 0 }],
  ])('refuses thoughts that %s does not have', async (model, settings) => {
    await expect(post('generateContent', thinking(settings), `v1/models/${model}`)).resolves.toMatchObject({
      code: 400,
    })
  })

  it.each([
    ['a path that is none', 'v1beta/tunedModels/x', 404],
    ['a model that is none', 'v1beta/models/bard', 404],
    ['Vertex by a key', 'v1/projects/p/locations/l/publishers/google/models/gemini-3-pro', 200],
  ])('knows %s', async (_, path, code) => {
    await expect(post('generateContent', { contents: CONTENTS }, path)).resolves.toMatchObject({ code })
  })

  it('runs by itself', async () => {
    const path = fileURLToPath(new URL('../../emulators/gemini.ts', import.meta.url))
    const program = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [url] = await once(createInterface({ input: program.stdout }), 'line')
    const response = await fetch(`${url}/v1beta/models/${MODEL}?key=any`)
    program.kill()
    await expect(response.json()).resolves.toMatchObject({ name: `models/${MODEL}` })
  })
})

function config(generationConfig: object): object {
  return { contents: CONTENTS, generationConfig }
}

function schema(responseSchema: object): object {
  return config({ responseMimeType: 'application/json', responseSchema })
}

function thinking(thinkingConfig: object): object {
  return config({ thinkingConfig })
}
