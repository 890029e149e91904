// Of texts, in characters (one or two bytes of heap), for either generation.
const MAX_CHARS = 8 * 1024 * 1024
// What an entry takes beside its text.
const ENTRY_CHARS = 64

/**
 * Counts by the text itself, so that an item that is read from a store anew, edited or copied needs no thought: the same
 * text has the same count. Bounded by two generations: what was not asked for while a whole new one filled up is
 * forgotten, without any bookkeeping when a count is found.
 */
export class KnownCounts {
  readonly #maxChars: number
  #young = new Map<string, number>()
  #old = new Map<string, number>()
  #youngChars = 0

  /** @param maxChars Most characters of either generation, with 64 for each text */
  constructor(maxChars: number = MAX_CHARS) {
    this.#maxChars = maxChars
  }

  get(text: string): number | undefined {
    const young = this.#young.get(text)
    if (young !== undefined) return young
    const old = this.#old.get(text)
    if (old !== undefined) this.set(text, old)
    return old
  }

  /** A text that is larger than a whole generation is not kept. */
  set(text: string, tokens: number): void {
    const chars = text.length + ENTRY_CHARS
    if (chars > this.#maxChars) return
    if (this.#youngChars + chars > this.#maxChars) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngChars = 0
    }
    this.#young.set(text, tokens)
    this.#youngChars += chars
  }
}
