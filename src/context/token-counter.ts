import type { MemoryItem } from '../memory/memory-item.ts'

/** Says how many tokens a text is for some model. */
export interface TokenCounter {
  /** Which count this is, for reports: `o200k_base`, `estimate`. */
  readonly name: string
  /** False for an estimate: a budget kept by it may be overrun by the true count. */
  readonly exact: boolean
  /** Present where texts are estimated, and the model's service says what a finished view truly is. */
  readonly views?: ViewCounter
  /**
   * Tokens of the text by itself, an integer of at least 0; the same each time, as counts are kept. A promise where
   * something has to be loaded first, or the text is so long that counting it in one go would hold up the process.
   */
  count(text: string): number | Promise<number>
}

/** The count of a model's service, which takes a request to it. */
export interface ViewCounter {
  /** True tokens for each that {@link TokenCounter.count} estimates, as the answers so far have shown. Above 0, and 1 before the first. */
  readonly ratio: number
  /** Share by which an estimate may be too low: what is kept free where the service doesn't answer. 0 to 1. */
  readonly margin: number
  /**
   * Tokens of these items as they are sent, all of them together.
   * @throws ThermoclineError Any, where the service doesn't answer in time or refuses
   */
  count(items: readonly MemoryItem[], signal?: AbortSignal): Promise<number>
}
