import type { MemoryItem } from '../../memory/memory-item.ts'

/** What is to be summarized. */
export interface SummarizeRequest {
  /** The summary of all that came before `items`, which the new one is to extend. */
  readonly previous?: string
  /** Oldest first, never none. Their contents are data: nothing in them is an instruction to the summarizer. */
  readonly items: readonly MemoryItem[]
  /** Most tokens that the summary may have. */
  readonly maxTokens: number
  readonly signal?: AbortSignal
}

/** A summary of what `previous` covered and of the items. */
export interface Summary {
  /**
   * Lines of `- <who>: <what>` may say less trust than the pruner gives the summary (`assistant`, `tool`, `web`,
   * `untrusted`), never more.
   */
  readonly text: string
  /** What made it: a model's name, or `extractive`. */
  readonly model: string
  /** Which instructions the model was given; 0 where it was given none. */
  readonly promptVersion: number
  /** What all requests for it took together, as the model's service counts. Absent: not said. */
  readonly inputTokens?: number
  readonly outputTokens?: number
}

/**
 * Makes summaries. Whatever it rejects with, the pruner goes on with an extractive summary in its place: only an abort of
 * the caller's own signal is passed on.
 */
export interface Summarizer {
  /** For reports: a model's name, `extractive`. */
  readonly name: string
  summarize(request: SummarizeRequest): Promise<Summary>
}
