import type { GeminiAnswer } from './gemini-calls.ts'
import { type GeminiCall, type GeminiFailureFacts, geminiError } from './gemini-error.ts'

/** The slice of an answer that is read; anything may be missing. https://ai.google.dev/api/generate-content */
interface Answer {
  readonly promptFeedback?: { readonly blockReason?: unknown }
  readonly candidates?: readonly Candidate[]
  readonly usageMetadata?: {
    readonly promptTokenCount?: unknown
    readonly candidatesTokenCount?: unknown
    readonly thoughtsTokenCount?: unknown
  }
}

interface Candidate {
  readonly finishReason?: unknown
  readonly content?: { readonly parts?: readonly { readonly text?: unknown; readonly thought?: unknown }[] }
}

/** Reasons to stop that are about what was sent or would have been said. */
const BLOCKED: ReadonlySet<unknown> = new Set([
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'LANGUAGE',
])
const MALFORMED: ReadonlySet<unknown> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
])

/**
 * The text of an answer, of either library: both hand on what the service sent.
 * @throws ThermoclineError `MODEL_FAILED`
 */
export function readGeminiAnswer(call: GeminiCall, response: unknown): GeminiAnswer {
  if (typeof response !== 'object' || response === null) throw geminiError(call, { reason: 'malformed' })
  const { promptFeedback, candidates, usageMetadata } = response as Answer
  if (promptFeedback?.blockReason !== undefined) throw geminiError(call, because('blocked', promptFeedback.blockReason))
  if (!Array.isArray(candidates ?? [])) throw geminiError(call, { reason: 'malformed' })
  const candidate = candidates?.[0]
  if (!candidate) throw geminiError(call, { reason: 'empty' })
  const { finishReason } = candidate
  if (BLOCKED.has(finishReason)) throw geminiError(call, because('blocked', finishReason))
  if (MALFORMED.has(finishReason)) throw geminiError(call, because('malformed', finishReason))
  if (finishReason === 'MAX_TOKENS' || finishReason === 'CONTINUATION') {
    throw geminiError(call, because('truncated', finishReason))
  }
  const text = textOf(candidate)
  if (text.trim() === '') throw geminiError(call, because('empty', finishReason))
  const inputTokens = count(usageMetadata?.promptTokenCount)
  const said = count(usageMetadata?.candidatesTokenCount)
  const outputTokens = said === undefined ? undefined : said + (count(usageMetadata?.thoughtsTokenCount) ?? 0)
  return {
    text,
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
  }
}

function textOf({ content }: Candidate): string {
  const parts = Array.isArray(content?.parts) ? content.parts : []
  return parts.map((part) => (typeof part?.text === 'string' && part.thought !== true ? part.text : '')).join('')
}

function because(reason: GeminiFailureFacts['reason'], name: unknown): GeminiFailureFacts {
  return { reason, ...(typeof name === 'string' && /^[A-Z_]{1,60}$/.test(name) && { names: [name] }) }
}

/** @throws ThermoclineError `MODEL_FAILED` where it does not say how many */
export function readTokenCount(call: GeminiCall, response: unknown): number {
  const total = count((response as { readonly totalTokens?: unknown } | null)?.totalTokens)
  if (total === undefined) throw geminiError(call, { reason: 'malformed' })
  return total
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined
}
