const MOST_LETTERS = 64

/** The known word that is at most two letters away, in any case; undefined where none is, or where it is known. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  if (word.length > MOST_LETTERS) return undefined
  const distances = known.map((other) => distance(word.toLowerCase(), other.toLowerCase()))
  const least = Math.min(...distances)
  // Of a short word, two other letters leave nothing.
  return least > Math.min(2, word.length - 1) ? undefined : known[distances.indexOf(least)]
}

/** Letters to change, add or take away: Levenshtein's distance, row by row. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const changed = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
