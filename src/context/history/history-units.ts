import type { MemoryItem } from '../../memory/memory-item.ts'

/** Places of items in the history, rising, which are kept or hidden together. */
export type HistoryUnit = readonly number[]

/**
 * Splits a history into what may not be torn apart: a tool call with its results, and the calls that one turn of the
 * assistant made in parallel (calls that stand together) with all of theirs. Any other item is a unit of its own.
 *
 * A result belongs to the newest call of its `callId` before it, as some models number their calls anew in each turn;
 * without a `callId`, to the newest call without one.
 */
export function historyUnits(history: readonly MemoryItem[]): readonly HistoryUnit[] {
  const joined = new JoinedPlaces(history.length)
  const newest = new Map<string, number>()
  history.forEach((item, place) => {
    const isCall = item.contentType === 'tool_call'
    // A callId alone makes an item part of the exchange: frameworks have content types of their own.
    if (!isCall && item.contentType !== 'tool_result' && item.callId === undefined) return
    const callId = item.callId ?? ''
    const first = newest.get(callId)
    if (isCall || first === undefined) newest.set(callId, place)
    else joined.join(first, place)
    if (isCall && history[place - 1]?.contentType === 'tool_call') joined.join(place - 1, place)
  })
  return joined.groups()
}

/** Union-find over places; the lowest place of a group stands for it. */
class JoinedPlaces {
  readonly #parents: number[]

  constructor(count: number) {
    this.#parents = Array.from({ length: count }, (_, place) => place)
  }

  join(a: number, b: number): void {
    const first = this.#find(a)
    const second = this.#find(b)
    this.#parents[Math.max(first, second)] = Math.min(first, second)
  }

  groups(): number[][] {
    const groups = new Map<number, number[]>()
    for (let place = 0; place < this.#parents.length; place += 1) {
      const root = this.#find(place)
      const group = groups.get(root)
      if (group === undefined) groups.set(root, [place])
      else group.push(place)
    }
    return [...groups.values()]
  }

  #find(place: number): number {
    let at = place
    for (;;) {
      const parent = this.#parents[at] as number
      if (parent === at) return at
      const above = this.#parents[parent] as number
      this.#parents[at] = above
      at = above
    }
  }
}
