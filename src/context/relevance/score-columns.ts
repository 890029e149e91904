// What an item gets of a match in the one next to it, the one after that, and the third: the answer often stands beside
// the words of the question.
const NEIGHBOURS = [0.6, 0.4, 0.2] as const

/** Scores with a part of those of the items around, as far as they are of the same session. */
export function withNeighbours(own: Float64Array, sessions: readonly number[]): Float64Array {
  const all = Float64Array.from(own)
  for (let i = 0; i < own.length; i++) {
    const score = own[i]!
    if (score === 0) continue
    for (const [n, part] of NEIGHBOURS.entries()) {
      const [before, after] = [i - n - 1, i + n + 1]
      if (before >= 0 && sessions[before] === sessions[i]) all[before]! += part * score
      if (after < own.length && sessions[after] === sessions[i]) all[after]! += part * score
    }
  }
  return all
}

/** Makes the highest of them what is given, unless all are 0. */
export function scaleToHighest(scores: Float64Array, wanted: number): void {
  let highest = 0
  for (const score of scores) if (score > highest) highest = score
  if (highest === 0) return
  for (let i = 0; i < scores.length; i++) scores[i] = (scores[i]! * wanted) / highest
}
