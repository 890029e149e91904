import { textHeapBytes } from '../lib/heap-bytes.ts'
import type { BoundedCache } from '../lib/lru-bytes.ts'
import { clearWhenErased } from './erasable-caches.ts'

export interface KnownTextsOptions<V> {
  /** Most bytes of heap, estimated. */
  readonly maxBytes: number
  /** What a value takes beside its text. @default 0, as of a number */
  readonly valueBytes?: (value: V) => number
}

// By measure: an entry of a Map.
const ENTRY_BYTES = 48

/**
 * What was found out of texts, by the text itself: an item that is read from a store anew, edited or copied needs no
 * thought. Bounded by two generations, each with half of the room: what was not asked for while a whole new one filled up
 * is forgotten, without any bookkeeping when something young is found.
 */
export class KnownTexts<V> implements BoundedCache {
  readonly maxBytes: number
  readonly #valueBytes: (value: V) => number
  #limitBytes: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #youngBytes = 0
  #oldBytes = 0

  constructor({ maxBytes, valueBytes = () => 0 }: KnownTextsOptions<V>) {
    this.maxBytes = maxBytes
    this.#limitBytes = maxBytes
    this.#valueBytes = valueBytes
    clearWhenErased(this)
  }

  get bytes(): number {
    return this.#youngBytes + this.#oldBytes
  }

  get limitBytes(): number {
    return this.#limitBytes
  }

  limit(bytes: number): void {
    this.#limitBytes = Math.min(this.maxBytes, Math.max(0, Math.floor(bytes)))
    this.#oldBytes -= this.#drop(this.#old, this.bytes - this.#limitBytes)
    this.#youngBytes -= this.#drop(this.#young, this.bytes - this.#limitBytes)
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
    this.#youngBytes = 0
    this.#oldBytes = 0
  }

  /** A text that is larger than a whole generation is not kept. */
  set(text: string, value: V): void {
    const bytes = this.#bytesOf(text, value)
    if (bytes > this.#limitBytes / 2) return
    this.#youngBytes -= this.#forget(this.#young, text)
    this.#oldBytes -= this.#forget(this.#old, text)
    if (this.#youngBytes + bytes > this.#limitBytes / 2) {
      this.#old = this.#young
      this.#oldBytes = this.#youngBytes
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#young.set(text, value)
    this.#youngBytes += bytes
    // After the bound was lowered, what was young may take more than half of it.
    if (this.bytes > this.#limitBytes) this.#oldBytes -= this.#drop(this.#old, this.bytes - this.#limitBytes)
  }

  /** Lets go of what is longest in it. @returns how many bytes, as many as are asked for or all */
  #drop(generation: Map<string, V>, bytes: number): number {
    let dropped = 0
    for (const text of generation.keys()) {
      if (dropped >= bytes) break
      dropped += this.#forget(generation, text)
    }
    return dropped
  }

  #forget(generation: Map<string, V>, text: string): number {
    const value = generation.get(text)
    if (value === undefined) return 0
    generation.delete(text)
    return this.#bytesOf(text, value)
  }

  #bytesOf(text: string, value: V): number {
    return ENTRY_BYTES + textHeapBytes(text) + this.#valueBytes(value)
  }
}
