import type { EmbeddingKind } from './gemini-calls.ts'
import { type GeminiCall, geminiError } from './gemini-error.ts'
import { bareName } from './gemini-generation.ts'
import type { GoogleGenAIClient } from './gemini-options.ts'

interface Texts {
  readonly texts: readonly string[]
  readonly kind: EmbeddingKind
  /** Of each request. */
  readonly config: object
}

/** The smallest that Google advises; a vector's further numbers say little. https://ai.google.dev/gemini-api/docs/embeddings */
const DIMENSIONS = 768
/** Most texts that `batchEmbedContents` takes. */
const MAX_BATCH = 100
/** Vertex AI takes one text in a request, so some are under way at once. */
const VERTEX_LANES = 8

/** @throws ThermoclineError `MODEL_FAILED` */
export async function embedWith(
  call: GeminiCall,
  client: GoogleGenAIClient,
  model: string,
  { texts, kind, config }: Texts,
): Promise<readonly Float32Array[]> {
  const vectors: Float32Array[] = texts.map(() => new Float32Array(DIMENSIONS))
  // The service refuses to embed nothing.
  const places = texts.flatMap((text, place) => (text.trim() === '' ? [] : [place]))
  const size = client.vertexai ? 1 : MAX_BATCH
  const batches: number[][] = []
  for (let from = 0; from < places.length; from += size) batches.push(places.slice(from, from + size))
  const embedBatch = async (batch: readonly number[]): Promise<void> => {
    const request = requestOf(
      model,
      batch.map((place) => texts[place]!),
      kind,
    )
    const response = await client.models.embedContent({ ...request, config: { ...config, ...request.config } })
    for (const [i, vector] of vectorsOf(call, response, batch.length).entries()) vectors[batch[i]!] = vector
  }
  const lane = async (): Promise<void> => {
    for (let batch = batches.shift(); batch; batch = batches.shift()) {
      try {
        await embedBatch(batch)
      } catch (error) {
        // What has not begun is of no use any more.
        batches.length = 0
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: client.vertexai ? VERTEX_LANES : 1 }, lane))
  return vectors
}

function requestOf(model: string, texts: readonly string[], kind: EmbeddingKind) {
  const isSecond = bareName(model).startsWith('gemini-embedding-2')
  const written = isSecond ? texts.map((text) => withTask(text, kind)) : texts
  const taskType = kind === 'query' ? 'RETRIEVAL_QUERY' : 'RETRIEVAL_DOCUMENT'
  return {
    model,
    // Messages rather than texts, of which the library would make one message with one vector.
    contents: written.map((text) => ({ role: 'user', parts: [{ text }] })),
    config: { outputDimensionality: DIMENSIONS, ...(!isSecond && { taskType }) },
  }
}

/** How the second generation, which has no task types, is told what a text is for: as the page on embeddings says. */
function withTask(text: string, kind: EmbeddingKind): string {
  return kind === 'query' ? `task: search result | query: ${text}` : `title: none | text: ${text}`
}

function vectorsOf(call: GeminiCall, response: unknown, expected: number): readonly Float32Array[] {
  const { embeddings } = (response ?? {}) as { readonly embeddings?: readonly { readonly values?: unknown }[] }
  const vectors = Array.isArray(embeddings) ? embeddings.map(({ values }) => unitVector(values)) : []
  const isWhole = vectors.length === expected && vectors.every((vector) => vector !== undefined)
  if (!isWhole) throw geminiError(call, { reason: 'malformed' })
  return vectors
}

/** Shortened vectors of the first generation are not of length 1. */
function unitVector(values: unknown): Float32Array | undefined {
  if (!Array.isArray(values) || values.length !== DIMENSIONS) return undefined
  const vector = Float32Array.from(values)
  const length = Math.hypot(...vector)
  return Number.isFinite(length) && length > 0 ? vector.map((value) => value / length) : undefined
}
