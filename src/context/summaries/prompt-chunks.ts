import type { MemoryItem } from '../../memory/memory-item.ts'
import { throwIfAborted } from '../abort.ts'
import { isTurnSpent, nextTurn, spend } from '../event-loop-share.ts'
import { countText } from '../item-tokens.ts'
import type { TokenCounter } from '../token-counter.ts'
import { dayOf, entryLine, itemEntry, type PromptEntry } from './summary-prompt.ts'

/** What goes into one request. */
export interface PromptChunk {
  readonly entries: readonly PromptEntry[]
  /** Items whose first part is in it. */
  readonly itemsBegun: number
}

interface GrowingChunk extends PromptChunk {
  readonly entries: PromptEntry[]
  itemsBegun: number
  tokens: number
}

/** A number as long as any that the prompt gives. */
const ANY_NUMBER = 999_999
/** Parts of an item are made a little smaller than what fits, as not every stretch of it has as many tokens. */
const PART_LEEWAY = 0.8

/** Spreads items over requests of at most so many tokens each. */
export class PromptChunks {
  readonly #chunks: GrowingChunk[] = []
  readonly #counter: TokenCounter
  readonly #maxTokens: number
  readonly #signal: AbortSignal | undefined
  #day: string | undefined

  constructor(counter: TokenCounter, maxTokens: number, signal: AbortSignal | undefined) {
    this.#counter = counter
    this.#maxTokens = maxTokens
    this.#signal = signal
  }

  get chunks(): readonly PromptChunk[] {
    return this.#chunks
  }

  async add(item: MemoryItem): Promise<void> {
    const entry = itemEntry(item, this.#day)
    if (entry.text.trim() === '') return
    this.#day = dayOf(item.createdAt) ?? this.#day
    const tokens = await this.#count(entry)
    if (tokens <= this.#maxTokens) this.#put(entry, tokens).itemsBegun += 1
    else await this.#addParts(entry, tokens)
  }

  async #addParts(entry: PromptEntry, tokens: number): Promise<void> {
    let parts = Math.ceil(tokens / (this.#maxTokens * PART_LEEWAY))
    for (;;) {
      const pieces = slices(entry.text, parts)
      const entries = pieces.map((text, i) => ({ ...entry, text, part: `${i + 1} of ${pieces.length}` }))
      const counts: number[] = []
      for (const piece of entries) counts.push(await this.#count(piece))
      if (counts.every((count) => count <= this.#maxTokens) || pieces.length === entry.text.length) {
        for (const [i, piece] of entries.entries()) {
          const chunk = this.#put(piece, counts[i]!)
          if (i === 0) chunk.itemsBegun += 1
        }
        return
      }
      parts *= 2
    }
  }

  #put(entry: PromptEntry, tokens: number): GrowingChunk {
    const last = this.#chunks.at(-1)
    if (last !== undefined && last.tokens + tokens <= this.#maxTokens) {
      last.entries.push(entry)
      last.tokens += tokens
      return last
    }
    const chunk: GrowingChunk = { entries: [entry], itemsBegun: 0, tokens }
    this.#chunks.push(chunk)
    return chunk
  }

  async #count(entry: PromptEntry): Promise<number> {
    throwIfAborted(this.#signal)
    if (isTurnSpent()) await nextTurn()
    const line = `${entryLine(entry, ANY_NUMBER)}\n`
    spend(1 + (line.length >> 2))
    return countText(this.#counter, line)
  }
}

/** About equal ones, none of which begins within a surrogate pair. */
function slices(text: string, count: number): string[] {
  const length = Math.max(1, Math.ceil(text.length / count))
  const pieces: string[] = []
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + length, text.length)
    if (end < text.length && (text.charCodeAt(end) & 0xfc00) === 0xdc00) end += 1
    pieces.push(text.slice(at, end))
    at = end
  }
  return pieces
}
