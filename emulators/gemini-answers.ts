import { camel } from './gemini-checks.ts'
import type { GeminiRequest } from './gemini-request.ts'

type Fields = Readonly<Record<string, unknown>>

/** What the stand-in counts as tokens of a text: four characters each. */
export function standInTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

/** All texts of contents, one per line. */
export function textOf(contents: unknown): string {
  const all = Array.isArray(contents) ? contents : [contents]
  return all
    .flatMap((content) => (content as Fields | undefined)?.parts ?? [])
    .map((part) => (part as Fields).text)
    .filter((text) => typeof text === 'string')
    .join('\n')
}

/** What a request asks for, whichever way its names are spelt. */
export function askedOf(request: GeminiRequest): {
  readonly config: Fields
  readonly data: string
  readonly prompt: string
} {
  const body = camel(request.body as Fields)
  const data = textOf(body.contents)
  return {
    config: camel((body.generationConfig ?? {}) as Fields),
    data,
    prompt: `${textOf(body.systemInstruction)}${data}`,
  }
}

/** The answer where no other is asked for: made of the data alone, and by the schema where there is one. */
export function defaultText(request: GeminiRequest): string {
  const { config, data } = askedOf(request)
  // Room for names and punctuation.
  const room = Math.max(8, Math.min(400, Number(config.maxOutputTokens ?? 400) * 2))
  if (config.responseSchema === undefined) return data.slice(0, room)
  return JSON.stringify(bySchema(config.responseSchema as Fields, data, room))
}

function bySchema(schema: Fields, data: string, room: number): unknown {
  const { type, properties = {}, items, enum: words, anyOf, minimum = 0 } = camel(schema)
  if (Array.isArray(words)) return words[0]
  if (Array.isArray(anyOf)) return bySchema(anyOf[0], data, room)
  switch (String(type).toUpperCase()) {
    case 'STRING':
      return data.replace(/\s+/g, ' ').trim().slice(0, room)
    case 'NUMBER':
    case 'INTEGER':
      return minimum
    case 'BOOLEAN':
      return false
    case 'ARRAY':
      return [bySchema(items as Fields, data, Math.floor(room / 2))]
    case 'OBJECT': {
      const known = Object.entries(properties as Fields)
      return Object.fromEntries(
        known.map(([name, one]) => [name, bySchema(one as Fields, data, Math.floor(room / known.length))]),
      )
    }
    default:
      return null
  }
}

/** Why a model stopped. https://ai.google.dev/api/generate-content#FinishReason */
export type FinishReason = 'STOP' | 'MAX_TOKENS' | 'SAFETY' | 'RECITATION' | 'PROHIBITED_CONTENT' | 'OTHER'

/** A whole answer to `generateContent`. */
export function generated(request: GeminiRequest, text: string | undefined, finishReason: FinishReason): Fields {
  const parts = text === undefined ? [] : [{ text }]
  const content = parts.length > 0 ? { parts, role: 'model' } : undefined
  return answered(request, { candidates: [{ ...(content && { content }), finishReason, index: 0 }] }, text ?? '')
}

/** Adds what stands in every answer. */
export function answered(request: GeminiRequest, answer: Fields, text = ''): Fields {
  const promptTokenCount = standInTokens(askedOf(request).prompt)
  const candidatesTokenCount = standInTokens(text)
  return {
    ...answer,
    usageMetadata: {
      promptTokenCount,
      ...(text !== '' && { candidatesTokenCount }),
      totalTokenCount: promptTokenCount + candidatesTokenCount,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokenCount }],
    },
    modelVersion: request.model,
    responseId: 'stand-in',
  }
}
