/** What a cut must leave room for, and how it moves. */
export interface CutPlan {
  /** Cost of each candidate, oldest first. */
  readonly costs: readonly number[]
  /** Units of candidates: rising indexes. */
  readonly units: readonly (readonly number[])[]
  /** Where the last cut was: it never moves back. */
  readonly anchor: number
  /** Most candidates after the cut. */
  readonly maxItems: number
  /** Most tokens after the cut. */
  readonly maxTokens: number
  /** How a cut moves that doesn't leave enough room. */
  readonly move: CutMove
}

/**
 * By steps of so many items, or of the items of so many tokens, counted from the anchor: where a cut can be found again
 * from what lies before it alone. Or at once so far that no more is left after it, where it is written down.
 */
export type CutMove =
  | { readonly stepItems: number }
  | { readonly stepTokens: number }
  | { readonly leaveItems: number; readonly leaveTokens: number }

/**
 * Where a growing history is to be cut so that what comes after the cut fits. A cut stays for several turns and then moves
 * by several items: what stands for the items before it is made anew so seldom, and views that begin with it begin alike
 * until then.
 *
 * @returns Index of the first candidate after the cut; never within a unit, nor after the beginning of the newest
 */
export function planCut({ costs, units, anchor, maxItems, maxTokens, move }: CutPlan): number {
  const count = costs.length
  const isWithin = indexesWithinUnits(count, units)
  let last = units.find((unit) => unit.at(-1) === count - 1)?.[0] ?? count
  while (last > anchor && isWithin[last] !== 0) last -= 1

  let tokensAfter = 0
  for (let i = anchor; i < count; i += 1) tokensAfter += costs[i] as number
  let cut = anchor
  let passed = 0
  const isTooMuch = (items: number, tokens: number): boolean => count - cut > items || tokensAfter > tokens
  for (let steps = 1; cut < last && isTooMuch(maxItems, maxTokens); steps += 1) {
    do {
      const cost = costs[cut] as number
      tokensAfter -= cost
      passed += 'stepTokens' in move ? cost : 1
      cut += 1
    } while (cut < last && (!hasArrived(steps) || isWithin[cut] !== 0))
  }
  return cut

  function hasArrived(steps: number): boolean {
    if ('leaveItems' in move) return !isTooMuch(move.leaveItems, move.leaveTokens)
    return passed >= steps * Math.max(1, 'stepTokens' in move ? move.stepTokens : move.stepItems)
  }
}

/** Not 0 at each index with items of the same unit before it and at or after it. */
function indexesWithinUnits(count: number, units: readonly (readonly number[])[]): Int32Array {
  const within = new Int32Array(count + 2)
  for (const unit of units) {
    if (unit.length < 2) continue
    within[(unit[0] as number) + 1]! += 1
    within[(unit.at(-1) as number) + 1]! -= 1
  }
  for (let i = 1; i < within.length; i += 1) within[i]! += within[i - 1]!
  return within
}
