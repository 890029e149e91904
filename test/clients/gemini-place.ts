import { inspect } from 'node:util'
import { GoogleGenAI } from '@google/genai'
import { type GenerativeModel, GoogleGenerativeAI } from '@google/generative-ai'
import { expect } from 'vitest'
import type { GeminiStandIn } from '../../emulators/gemini.ts'
import { connectGemini } from '../../src/clients/gemini.ts'
import type { GeminiCalls, GeminiPrompt } from '../../src/clients/gemini-calls.ts'
import { isThermoclineError, type ThermoclineError } from '../../src/errors.ts'

export const KEY = 'secret-key-4711'
/** What must not be told of in any error. */
export const SECRET_DATA = 'The vault opens with pelican-93'

export const PROMPT: GeminiPrompt = Object.freeze({
  instructions: 'Summarize.',
  data: SECRET_DATA,
  schema: { type: 'object', properties: { summary: { type: 'string' } }, required: ['summary'] },
  maxOutputTokens: 500,
})

/** Each way to ask the Gemini API. */
export const WAYS: readonly (readonly [name: string, connect: (gemini: GeminiStandIn) => GeminiCalls])[] = [
  ['@google/genai by key', ({ url }) => connectGemini({ geminiApiKey: KEY, geminiBaseUrl: url })],
  [
    'a given GoogleGenAI',
    ({ url }) =>
      connectGemini({
        geminiClient: new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: url }, enterprise: false }),
      }),
  ],
  ['a given GenerativeModel', ({ url }) => connectGemini({ geminiClient: generativeModel(url) })],
]

export function generativeModel(url: string, params: object = {}): GenerativeModel {
  return new GoogleGenerativeAI(KEY).getGenerativeModel({ model: 'gemini-3.5-flash-lite', ...params }, { baseUrl: url })
}

export function never(): AbortSignal {
  return new AbortController().signal
}

/** The error that a call rejects with, once it was searched for what it must not tell. */
export async function errorOf(call: Promise<unknown>): Promise<ThermoclineError> {
  const error = await call.then(
    () => expect.unreachable('it was answered'),
    (reason: unknown) => reason,
  )
  if (!isThermoclineError(error)) throw error
  const told = `${inspect(error, { depth: 12, showHidden: true })} ${JSON.stringify(error)} ${error.stack}`
  expect(told).not.toContain(KEY)
  expect(told).not.toContain('pelican')
  expect(told).not.toContain('127.0.0.1')
  return error
}
