/** A value at a time; both in any unit. */
export interface Point {
  readonly x: number
  readonly y: number
}

/**
 * The median of the slopes between all pairs (Theil and Sen): a few odd values don't move it. Undefined for fewer than
 * two different times. Takes as long as there are pairs.
 */
export function medianSlope(points: readonly Point[]): number | undefined {
  const slopes = new Float64Array((points.length * (points.length - 1)) / 2)
  let count = 0
  for (const [i, from] of points.entries()) {
    for (let j = i + 1; j < points.length; j++) {
      const to = points[j] as Point
      if (to.x !== from.x) slopes[count++] = (to.y - from.y) / (to.x - from.x)
    }
  }
  if (count === 0) return undefined
  const sorted = slopes.subarray(0, count).sort()
  const middle = count >> 1
  return count % 2 === 1 ? sorted[middle] : (Number(sorted[middle - 1]) + Number(sorted[middle])) / 2
}

/**
 * How sure it is that values in the order of time rise, or fall where it is below 0, in standard deviations (Mann and
 * Kendall): chance alone gives more than 2.58 either way once in 100 times.
 */
export function trendScore(values: readonly number[]): number {
  const n = values.length
  let score = 0
  for (const [i, value] of values.entries()) {
    for (let j = i + 1; j < n; j++) score += Math.sign(Number(values[j]) - value)
  }
  const variance = (n * (n - 1) * (2 * n + 5) - tieCorrection(values)) / 18
  return variance > 0 ? (score - Math.sign(score)) / Math.sqrt(variance) : 0
}

/**
 * By how much chance alone exceeds what independent values do, where each value is much like the one before it: a factor
 * for the variance of a score, 1 and above, from the correlation of neighbours (an autoregression of first order).
 */
export function persistence(residuals: readonly number[]): number {
  const mean = residuals.reduce((sum, residual) => sum + residual, 0) / residuals.length
  let [together, alone] = [0, 0]
  for (const [i, residual] of residuals.entries()) {
    alone += (residual - mean) ** 2
    if (i > 0) together += (residual - mean) * (Number(residuals[i - 1]) - mean)
  }
  // Above that, a series of this length says nothing.
  const correlation = alone > 0 ? Math.min(0.95, Math.max(0, together / alone)) : 0
  return (1 + correlation) / (1 - correlation)
}

/** Equal values order nothing, which leaves less to chance. */
function tieCorrection(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  let correction = 0
  for (const count of counts.values()) correction += count * (count - 1) * (2 * count + 5)
  return correction
}
