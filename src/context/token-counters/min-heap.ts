/** Numbers, the lowest first: a binary heap of fixed room, since growing a large one would hold up the process. */
export class MinHeap {
  readonly #values: Float64Array
  #size = 0

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity)
  }

  push(value: number): void {
    const values = this.#values
    let at = this.#size
    this.#size += 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = values[parent] as number
      if (above <= value) break
      values[at] = above
      at = parent
    }
    values[at] = value
  }

  pop(): number | undefined {
    if (this.#size === 0) return undefined
    const values = this.#values
    const lowest = values[0] as number
    this.#size -= 1
    const size = this.#size
    const last = values[size] as number
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      if (child + 1 < size && (values[child + 1] as number) < (values[child] as number)) child += 1
      const below = values[child] as number
      if (below >= last) break
      values[at] = below
      at = child
    }
    values[at] = last
    return lowest
  }
}
