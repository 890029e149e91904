// Whoever makes tokens of one hash makes them slow to find, and no slower than this.
const MAX_PROBES = 8
const MIN_SLOTS = 1024

/** What was worked out for tokens met before, found by their place in a text, so that none is cut out of it for that. */
export class TokenTable<Value> {
  readonly #tokens: string[] = []
  readonly #hashes: number[] = []
  readonly #values: Value[] = []
  /** By hash, one more than the place of a token in the columns; a power of two of them, and half empty at least. */
  #slots = new Uint32Array(MIN_SLOTS)

  find(text: string, start: number, end: number, hash: number): Value | undefined {
    const mask = this.#slots.length - 1
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const place = this.#slots[(hash + probe) & mask]! - 1
      if (place < 0) return undefined
      if (this.#hashes[place] === hash && isAt(text, start, end, this.#tokens[place]!)) return this.#values[place]
    }
    return undefined
  }

  /** Once for each token. One that finds no place is not remembered. */
  set(token: string, hash: number, value: Value): void {
    const place = this.#tokens.length
    if (!this.#place(hash, place)) return
    this.#tokens.push(token)
    this.#hashes.push(hash)
    this.#values.push(value)
    if (2 * (place + 1) > this.#slots.length) this.#grow()
  }

  #place(hash: number, place: number): boolean {
    const mask = this.#slots.length - 1
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const slot = (hash + probe) & mask
      if (this.#slots[slot] !== 0) continue
      this.#slots[slot] = place + 1
      return true
    }
    return false
  }

  #grow(): void {
    this.#slots = new Uint32Array(4 * this.#slots.length)
    for (const [place, hash] of this.#hashes.entries()) this.#place(hash, place)
  }
}

function isAt(text: string, start: number, end: number, token: string): boolean {
  if (end - start !== token.length) return false
  for (let i = 0; i < token.length; i++) if (text.charCodeAt(start + i) !== token.charCodeAt(i)) return false
  return true
}
