import type { GeminiPrompt } from './gemini-calls.ts'

/** What models that can't be kept from it may think with, before `maxOutputTokens` counts for the answer. */
const THOUGHT_TOKENS = 1024

/** How an answer is to be made, in names that both libraries and the service share. */
export interface GenerationSettings {
  readonly responseMimeType: 'application/json'
  readonly responseSchema: Readonly<Record<string, unknown>>
  readonly maxOutputTokens: number
  readonly temperature?: number
  readonly thinkingConfig?: { readonly thinkingLevel: 'MINIMAL' | 'LOW' } | { readonly thinkingBudget: number }
}

/**
 * As little thinking as the model can do, and always the same answer where it can be asked for: from Gemini 3 on a
 * temperature is ignored or advised against. https://ai.google.dev/gemini-api/docs/thinking
 */
export function generationSettings(model: string, { schema, maxOutputTokens }: GeminiPrompt): GenerationSettings {
  const [generation = 0, kind = ''] = familyOf(model)
  const settings = { responseMimeType: 'application/json', responseSchema: withUpperCaseTypes(schema) } as const
  const roomToThink = maxOutputTokens + THOUGHT_TOKENS
  // Of the models since 3.0 only those called Flash-Lite all know MINIMAL; LOW is known to each.
  if (generation >= 3) {
    const thinkingLevel = kind.includes('flash-lite') ? 'MINIMAL' : 'LOW'
    return { ...settings, maxOutputTokens: roomToThink, thinkingConfig: { thinkingLevel } }
  }
  if (generation === 2.5) {
    const isPro = kind.includes('pro')
    const thinkingConfig = { thinkingBudget: isPro ? 128 : 0 }
    return { ...settings, temperature: 0, maxOutputTokens: isPro ? roomToThink : maxOutputTokens, thinkingConfig }
  }
  if (generation > 0) return { ...settings, temperature: 0, maxOutputTokens }
  return { ...settings, maxOutputTokens: roomToThink }
}

/** As the service spells the types of a schema; of JSON schema's own spelling it takes some requests and refuses others. */
function withUpperCaseTypes(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => {
      if (name === 'type' && typeof value === 'string') return [name, value.toUpperCase()]
      if (name === 'properties') return [name, mapValues(value as Record<string, object>, withUpperCaseTypes)]
      if (name === 'items') return [name, withUpperCaseTypes(value as Record<string, unknown>)]
      return [name, value]
    }),
  )
}

function mapValues(object: object, map: (value: never) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value as never)]))
}

/** Of `gemini-3.5-flash-lite` 3.5 and `flash-lite`; nothing of a name that says none. */
function familyOf(model: string): readonly [generation?: number, kind?: string] {
  const [, generation, kind] = /^gemini-(\d+(?:\.\d+)?)-(.+)$/.exec(bareName(model)) ?? []
  return generation === undefined ? [] : [Number(generation), kind!]
}

/** Without `models/` or whatever else stands before it. */
export function bareName(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1)
}
