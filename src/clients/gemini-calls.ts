/** One request for a text. Its model has no tools. */
export interface GeminiPrompt {
  /** Instructions. */
  readonly instructions: string
  /** What they are about, as one message of the user. */
  readonly data: string
  /** What the answer, which is JSON, must be like: the subset of JSON schema that `responseSchema` takes. */
  readonly schema: Readonly<Record<string, unknown>>
  /** Most tokens of the answer. Those that a model thinks with are not counted. */
  readonly maxOutputTokens: number
}

export interface GeminiAnswer {
  /** As the model wrote it. */
  readonly text: string
  /** Tokens as the service counts them. Absent: not said. */
  readonly inputTokens?: number
  /** With those that it thought with. */
  readonly outputTokens?: number
}

/** A message, with parts as the API has them. */
export interface GeminiContent {
  readonly role?: string
  readonly parts: readonly object[]
}

/**
 * What is asked of Gemini. Each call is one request that is never repeated, but for `embed`, which takes one for each
 * hundred texts, or with Vertex AI for each. Aborting a signal closes its connection.
 *
 * All reject with ThermoclineError `MODEL_FAILED`, whose `details` have `reason` (a {@link GeminiFailure}), `model` and,
 * where the service says so, `status` (of HTTP) and `retryAfterMs`; `ABORTED`; or `PEER_MISSING`.
 */
export interface GeminiCalls {
  /** The model that writes, without what stands before its name. */
  readonly model: string
  readonly embeddingModel: string
  generate(prompt: GeminiPrompt, signal: AbortSignal): Promise<GeminiAnswer>
  /** How many tokens the messages are, as a request's input. */
  countTokens(contents: readonly GeminiContent[], signal: AbortSignal): Promise<number>
  /**
   * A vector of length 1 for each text, or of zeros for one without any characters to be seen.
   * @throws ThermoclineError `NOT_SUPPORTED` over a `GenerativeModel`
   */
  embed(texts: readonly string[], kind: EmbeddingKind, signal: AbortSignal): Promise<readonly Float32Array[]>
}

/** What is embedded: a question, or an item that may be its answer. */
export type EmbeddingKind = 'query' | 'item'

/** Why there is no answer: see `ModelFailure` of the summaries, which it is a part of. */
export type GeminiFailure =
  | 'rate-limited'
  | 'unavailable'
  | 'timeout'
  | 'blocked'
  | 'empty'
  | 'truncated'
  | 'malformed'
  | 'refused'
