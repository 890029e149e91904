import { GoogleGenAI } from '@google/genai'
import { GoogleGenerativeAI } from '@google/generative-ai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type GeminiFault, type GeminiStandIn, startGemini } from '../../emulators/gemini.ts'
import { ContextPruner } from '../../src/context/context-pruner.ts'
import type { ContextPrunerOptions } from '../../src/context/pruner-options.ts'
import type { ModelFailure } from '../../src/context/summaries/summary-model.ts'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import { item, quarterCounter } from '../context/items.ts'

const KEY = 'a-key'
const MODEL = 'gemini-3.5-flash-lite'
const SESSION = { userId: 'ada', sessionId: 'trip' }

let gemini: GeminiStandIn

beforeAll(async () => {
  gemini = await startGemini({ apiKey: KEY })
})

beforeEach(() => gemini.reset())

afterAll(() => gemini?.stop())

const WAYS: readonly (readonly [string, () => ContextPrunerOptions])[] = [
  ['a key', () => ({ geminiApiKey: KEY, geminiBaseUrl: gemini.url })],
  [
    'a GoogleGenAI',
    () => ({
      geminiClient: new GoogleGenAI({ apiKey: KEY, enterprise: false, httpOptions: { baseUrl: gemini.url } }),
    }),
  ],
  [
    'a GenerativeModel',
    () => ({
      geminiClient: new GoogleGenerativeAI(KEY).getGenerativeModel({ model: MODEL }, { baseUrl: gemini.url }),
    }),
  ],
]

function history(): MemoryItem[] {
  return Array.from({ length: 40 }, (_, i) => item(`On day ${i} we sailed ${i * 7} miles and ate at the harbour.`))
}

describe.each(WAYS)('a pruner that summarizes by %s', (_, options) => {
  const prune = () =>
    new ContextPruner({ ...options(), tokenCounter: quarterCounter }).pruneConversationHistory(history(), SESSION)

  it('has a summary by the model in its view', async () => {
    const view = await prune()
    expect(view.report.summary).toMatchObject({ model: MODEL })
    expect(view.report.summary?.failure).toBeUndefined()
    const summary = view.find(({ contentType }) => contentType === 'summary')
    expect(summary?.content).toContain('On day 0 we sailed 0 miles')
    expect(gemini.requests).toMatchObject([{ method: 'generateContent', model: MODEL, apiKey: KEY }])
  })

  it.each<[ModelFailure, GeminiFault]>([
    ['blocked', { kind: 'prompt blocked' }],
    ['blocked', { kind: 'finish', reason: 'RECITATION' }],
    ['refused', { kind: 'status', code: 403 }],
    ['rate-limited', { kind: 'status', code: 429, retryDelaySeconds: 60 }],
    // JSON, but not by the schema.
    ['malformed', { kind: 'text', text: '{"points":"none"}' }],
  ])('has an extractive one where the model is %s', async (reason, fault) => {
    gemini.fail(fault, { times: Number.POSITIVE_INFINITY })
    const view = await prune()
    expect(view.report.summary).toMatchObject({
      model: 'extractive',
      failure: { code: 'MODEL_FAILED', reason },
    })
    expect(JSON.stringify(view.report)).not.toContain(KEY)
    expect(view.report.tokensAfter).toBeLessThanOrEqual(view.report.tokenBudget)
    expect(view.at(-1)?.content).toBe(history().at(-1)?.content)
    expect(gemini.requests).toHaveLength(1)
  })
})
