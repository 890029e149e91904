import { clearWhenErased } from './erasable-caches.ts'

// Of texts, in characters (one or two bytes of heap), for either generation.
const MAX_CHARS = 8 * 1024 * 1024
// What an entry takes beside its text.
const ENTRY_CHARS = 64

/**
 * What was found out of texts, by the text itself: an item that is read from a store anew, edited or copied needs no
 * thought. Bounded by two generations: what was not asked for while a whole new one filled up is forgotten, without any
 * bookkeeping when something is found.
 */
export class KnownTexts<V> {
  readonly #maxChars: number
  readonly #entryChars: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #youngChars = 0

  /**
   * @param maxChars Most characters of either generation
   * @param entryChars What an entry takes beside its text, in characters
   */
  constructor(maxChars: number = MAX_CHARS, entryChars: number = ENTRY_CHARS) {
    this.#maxChars = maxChars
    this.#entryChars = entryChars
    clearWhenErased(this)
  }

  get(text: string): V | undefined {
    const young = this.#young.get(text)
    if (young !== undefined) return young
    const old = this.#old.get(text)
    if (old !== undefined) this.set(text, old)
    return old
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#youngChars = 0
  }

  /** A text that is larger than a whole generation is not kept. */
  set(text: string, value: V): void {
    const chars = text.length + this.#entryChars
    if (chars > this.#maxChars) return
    if (this.#youngChars + chars > this.#maxChars) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngChars = 0
    }
    this.#young.set(text, value)
    this.#youngChars += chars
  }
}
