import type { GeminiFailure } from '../../clients/gemini-calls.ts'

/** One request to a language model, which has no tools and no history. */
export interface SummaryPrompt {
  /** Instructions. Nothing of a user's is in them. */
  readonly instructions: string
  /** What is to be summarized, as data in blocks that nothing in them can close. */
  readonly data: string
  /** JSON schema (the subset that Gemini's `responseSchema` takes) that the answer must satisfy. */
  readonly schema: Readonly<Record<string, unknown>>
  readonly maxOutputTokens: number
}

export interface SummaryModelAnswer {
  /** JSON by the prompt's schema; not checked yet. */
  readonly text: string
  readonly inputTokens?: number
  readonly outputTokens?: number
}

/** A language model that can answer one prompt. One call is one request: repeats and deadlines are around it. */
export interface SummaryModel {
  /** The model's name. */
  readonly name: string
  /** @throws ThermoclineError `MODEL_FAILED`, `ABORTED`, `PEER_MISSING` */
  generate(prompt: SummaryPrompt, signal: AbortSignal): Promise<SummaryModelAnswer>
}

/**
 * Why a model gave no answer that can be used, in the `details.reason` of a `MODEL_FAILED`: the service is overloaded or
 * asks to wait (`rate-limited`), is not there or answers with 5xx (`unavailable`), took longer than the deadline
 * (`timeout`), refused what it was sent (`blocked`), said nothing (`empty`), was cut off (`truncated`), said something
 * else than was asked for (`malformed`), is shut off as it failed repeatedly (`shut-off`), or will never take such a
 * request: a wrong key, an unknown model (`refused`).
 */
export type ModelFailure = GeminiFailure | 'shut-off'
