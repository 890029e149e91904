import { createHash } from 'node:crypto'
import { standInTokens, textOf } from './gemini-answers.ts'
import { camel, checkContents, checkNames, fields } from './gemini-checks.ts'
import { badRequest, GeminiError } from './gemini-error.ts'
import type { GeminiRequest } from './gemini-request.ts'

/** As the service: https://ai.google.dev/gemini-api/docs/embeddings */
const DIMENSIONS = 3072
const MAX_BATCH = 100
const REQUEST: ReadonlySet<string> = new Set(['model', 'content', 'taskType', 'title', 'outputDimensionality'])

/** @throws GeminiError 400 */
export function embedContent(request: GeminiRequest): object {
  if (request.service === 'gemini') return { embedding: { values: valuesOf(request.body) } }
  const { content, embedContentConfig = {} } = camel(fields(request.body, ''))
  const values = valuesOf({ content, ...fields(embedContentConfig, 'embed_content_config') })
  const promptTokenCount = standInTokens(textOf(content))
  return {
    embedding: { values },
    usageMetadata: { promptTokenCount, totalTokenCount: promptTokenCount },
    truncated: false,
  }
}

/** @throws GeminiError 400 */
export function batchEmbedContents(request: GeminiRequest): object {
  const { requests } = fields(request.body, '')
  if (!Array.isArray(requests) || requests.length === 0) throw badRequest('requests', 'requests is not specified')
  if (requests.length > MAX_BATCH) {
    throw badRequest('requests', `at most ${MAX_BATCH} requests can be in one batch`)
  }
  return {
    embeddings: requests.map((one, i) => {
      const { model } = fields(one, `requests[${i}]`)
      if (model !== `models/${request.model}`) throw badRequest(`requests[${i}].model`, 'unexpected model name')
      return { values: valuesOf(one) }
    }),
  }
}

/** Of Vertex, for gemini-embedding-001. @throws GeminiError 400 */
export function predict(request: GeminiRequest): object {
  if (request.model !== 'gemini-embedding-001')
    throw new GeminiError(400, `${request.model} is not supported by predict.`)
  const { instances, parameters = {} } = fields(request.body, '')
  if (!Array.isArray(instances) || instances.length !== 1) {
    throw badRequest('instances', 'this model takes one instance in a request')
  }
  const { content } = fields(instances[0], 'instances[0]')
  const { outputDimensionality } = camel(fields(parameters, 'parameters'))
  const values = vector(String(content), Number(outputDimensionality ?? DIMENSIONS))
  const statistics = { token_count: standInTokens(String(content)), truncated: false }
  return {
    predictions: [{ embeddings: { values, statistics } }],
    metadata: { billableCharacterCount: String(content).length },
  }
}

function valuesOf(given: unknown): number[] {
  const request = camel(fields(given, 'request'))
  checkNames(request, REQUEST, 'request')
  checkContents([request.content], 'EmbedContentRequest')
  const text = textOf(request.content)
  if (text === '') throw badRequest('content', 'content is empty')
  return vector(text, Number(request.outputDimensionality ?? DIMENSIONS))
}

/** Texts with words in common point in like directions. */
function vector(text: string, dimensions: number): number[] {
  const values = new Array<number>(dimensions).fill(0)
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? [text]) {
    const hash = createHash('sha256').update(word).digest().readUInt32LE(0)
    values[hash % dimensions]! += 1
  }
  const length = Math.hypot(...values) || 1
  return values.map((value) => value / length)
}
