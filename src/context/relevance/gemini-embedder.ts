import type { GeminiCalls } from '../../clients/gemini-calls.ts'
import type { Embedder } from './embedder.ts'

/** Embeddings by Gemini, which has one way to read questions and another for what may answer them. One request, never repeated. */
export function geminiEmbedder(calls: Pick<GeminiCalls, 'embeddingModel' | 'embed'>): Embedder {
  return Object.freeze<Embedder>({
    name: calls.embeddingModel,
    embed: (texts, { kind, signal }) => calls.embed(texts, kind, signal),
  })
}
