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
  /** How far a cut moves at least: past so many items, or items of so many tokens. */
  readonly step: { readonly items: number } | { readonly tokens: number }
}

/**
 * Where a growing history is to be cut so that what comes after the cut fits. The places where it may be cut lie a step
 * apart, counted from the anchor, whatever comes after them. So a cut stays for several turns and then moves by a step:
 * what stands for the items before it is made anew once in a step, and a view that begins with it begins alike until then.
 *
 * @returns Index of the first candidate after the cut; never within a unit, nor after the beginning of the newest
 */
export function planCut({ costs, units, anchor, maxItems, maxTokens, step }: CutPlan): number {
  const count = costs.length
  const isWithin = indexesWithinUnits(count, units)
  let last = units.find((unit) => unit.at(-1) === count - 1)?.[0] ?? count
  while (last > anchor && isWithin[last] !== 0) last -= 1

  const stepSize = Math.max(1, 'tokens' in step ? step.tokens : step.items)
  let tokensAfter = 0
  for (let i = anchor; i < count; i += 1) tokensAfter += costs[i] as number
  let cut = anchor
  let passed = 0
  for (let steps = 1; cut < last && (count - cut > maxItems || tokensAfter > maxTokens); steps += 1) {
    do {
      const cost = costs[cut] as number
      tokensAfter -= cost
      passed += 'tokens' in step ? cost : 1
      cut += 1
    } while (cut < last && (passed < steps * stepSize || isWithin[cut] !== 0))
  }
  return cut
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
