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
  // Half of what it may be, as names and punctuation take their part.
  const room = Math.max(8, Math.min(4000, Number(config.maxOutputTokens ?? 2000) * 2))
  if (config.responseSchema === undefined) return data.slice(0, room)
  return JSON.stringify(bySchema({ schema: config.responseSchema as Fields, name: '', records: recordsOf(data), room }))
}

/** The lines of the data that are JSON objects; without any, the whole of it as the text of one. */
function recordsOf(data: string): readonly Fields[] {
  const records = data
    .split('\n')
    .map(recordIn)
    .filter((record) => record !== undefined)
  return records.length > 0 ? records : [{ text: data.replace(/\s+/g, ' ').trim() }]
}

function recordIn(line: string): Fields | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

interface Filling {
  readonly schema: Fields
  /** Of the property. */
  readonly name: string
  /** What it is filled with: a value takes the field of its name, else the first one of its type. */
  readonly records: readonly Fields[]
  /** Characters. */
  readonly room: number
}

const MAX_TEXT = 400

function bySchema({ schema, name, records, room }: Filling): unknown {
  const { type, properties = {}, items, enum: words, anyOf, minimum = 0 } = camel(schema)
  if (Array.isArray(words)) return words[0]
  if (Array.isArray(anyOf)) return bySchema({ schema: anyOf[0], name, records, room })
  const values = [records[0]?.[name], ...(name === '' ? [] : [records[0]?.text]), ...Object.values(records[0] ?? {})]
  switch (String(type).toUpperCase()) {
    case 'STRING':
      return String(values.find((value) => typeof value === 'string') ?? '').slice(0, Math.min(room, MAX_TEXT))
    case 'NUMBER':
    case 'INTEGER':
      return values.find((value) => Number.isInteger(value)) ?? minimum
    case 'BOOLEAN':
      return false
    case 'ARRAY': {
      const schema = items as Fields
      if (String(schema.type).toUpperCase() !== 'OBJECT') return [bySchema({ schema, name, records, room })]
      // Some from everywhere, as many as there is room for.
      const most = Math.max(1, Math.floor(room / MAX_TEXT))
      const every = Math.ceil(records.length / most)
      const picked = records.filter((_, i) => i % every === 0)
      return picked.map((record) => bySchema({ schema, name, records: [record], room: room / picked.length }))
    }
    case 'OBJECT': {
      const known = Object.entries(properties as Fields)
      const share = Math.floor(room / known.length)
      return Object.fromEntries(
        known.map(([key, one]) => [key, bySchema({ schema: one as Fields, name: key, records, room: share })]),
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
