/** Gives names that were not given before, in time that doesn't grow with how many were. */
export class FreeNames {
  readonly #taken = new Set<string>()
  readonly #next = new Map<string, number>()

  take(name: string): void {
    this.#taken.add(name)
  }

  /**
   * The name itself, or else with the first number from 2 that is free.
   * @param maxChars Longest name; what doesn't leave room for a number is cut
   */
  give(name: string, maxChars: number = Number.POSITIVE_INFINITY): string {
    let candidate = name.slice(0, maxChars)
    let n = this.#next.get(candidate) ?? 2
    const base = candidate
    for (; this.#taken.has(candidate); n += 1) {
      const number = `-${n}`
      candidate = name.slice(0, maxChars - number.length) + number
    }
    this.#next.set(base, n)
    this.#taken.add(candidate)
    return candidate
  }
}
