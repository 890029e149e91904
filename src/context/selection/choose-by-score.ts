import type { Chosen, RatedUnit } from './choose-units.ts'

// What an item that is as important as can be is worth beside the score of one that matches best.
const IMPORTANCE = 0.5
// Of two that are worth about the same, the shorter leaves room for more; from a quarter on, length outweighs relevance.
const LENGTH_POWER = 0.1

/**
 * Fills what is left of the budget: units by the highest score of their items plus half of their importance, a little
 * less the longer they are, and the newest first where that is equal; what doesn't fit is passed over. So is what costs
 * nothing: it has nothing to be picked for, and there would be no end to it.
 *
 * @param scores By place in the history, 0 to 1
 */
export function chooseByScore(units: readonly RatedUnit[], scores: Float64Array, chosen: Chosen): void {
  const rated: { readonly unit: RatedUnit; readonly worth: number }[] = []
  for (const unit of units) {
    // A system message or pinned item that found no room as such is not taken for its words.
    if (unit.comesFirst || unit.tokens === 0 || chosen.units.has(unit)) continue
    let score = 0
    for (const place of unit.places) score = Math.max(score, scores[place] ?? 0)
    const worth = score + IMPORTANCE * (unit.importance ?? 0)
    rated.push({ unit, worth: worth / unit.tokens ** LENGTH_POWER })
  }
  rated.sort((a, b) => b.worth - a.worth || b.unit.newest - a.unit.newest)
  for (const { unit } of rated) chosen.keep(unit)
}
