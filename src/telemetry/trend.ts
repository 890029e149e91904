/** A value at a time. */
export interface TrendPoint {
  readonly atMs: number
  readonly value: number
}

/** How values go with time. Robust: a fifth of the points may be anything. */
export interface Trend {
  /** Median of the slopes between all pairs of points (Theil and Sen), per millisecond. */
  readonly slopePerMs: number
  /** 98 % confidence interval of the slope (Sen 1968). */
  readonly slopeRange: readonly [low: number, high: number]
  /**
   * How sure it is that values rise, or fall where it is below 0, in standard deviations (Mann and Kendall): chance alone
   * gives more than 2.58 either way once in 100 times.
   */
  readonly score: number
  /** Chance that values without a trend rise so steadily (Mann and Kendall, one-sided, corrected for ties). */
  readonly riseChance: number
  /** From the first point to the last. */
  readonly spanMs: number
  /** Value of the fitted line at the first and at the last point. */
  readonly firstFitted: number
  readonly lastFitted: number
}

/** z of the normal distribution that 1 % exceed. */
const Z_ONE_PERCENT = 2.326

/** Points in order of time, at least 3 at different times. The work grows with their square: meant for some dozens. */
export function trendOf(points: readonly TrendPoint[]): Trend {
  const slopes = new Float64Array((points.length * (points.length - 1)) / 2)
  let [pair, rises] = [0, 0]
  for (const [index, later] of points.entries()) {
    for (const earlier of points.slice(0, index)) {
      slopes[pair++] = (later.value - earlier.value) / (later.atMs - earlier.atMs)
      rises += Math.sign(later.value - earlier.value)
    }
  }
  slopes.sort()
  const deviation = Math.sqrt(varianceOfRises(points))
  const score = deviation === 0 ? 0 : (rises - Math.sign(rises)) / deviation
  const slopePerMs = middleOf(slopes)
  const middleMs = median(points.map(({ atMs }) => atMs))
  const middleValue = median(points.map(({ atMs, value }) => value - slopePerMs * (atMs - middleMs)))
  const fitted = (point: TrendPoint | undefined): number =>
    middleValue + slopePerMs * ((point?.atMs ?? middleMs) - middleMs)
  const halfWidth = (Z_ONE_PERCENT * deviation) / 2
  const low = Math.max(0, Math.floor(slopes.length / 2 - halfWidth))
  const high = Math.min(slopes.length - 1, Math.ceil(slopes.length / 2 + halfWidth))
  return {
    slopePerMs,
    slopeRange: [slopes[low] ?? 0, slopes[high] ?? 0],
    score,
    riseChance: normalTail(score),
    spanMs: (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0),
    firstFitted: fitted(points[0]),
    lastFitted: fitted(points.at(-1)),
  }
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

export function median(values: readonly number[]): number {
  return middleOf(Float64Array.from(values).sort())
}

function middleOf(sorted: Float64Array): number {
  const half = sorted.length >> 1
  const upper = sorted[half] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? upper)) / 2
}

/** Variance of Kendall's S, where equal values are neither rise nor fall. */
function varianceOfRises(points: readonly TrendPoint[]): number {
  const n = points.length
  const groups = new Map<number, number>()
  for (const { value } of points) groups.set(value, (groups.get(value) ?? 0) + 1)
  const term = (t: number): number => t * (t - 1) * (2 * t + 5)
  return (term(n) - [...groups.values()].reduce((sum, t) => sum + term(t), 0)) / 18
}

/** Share of the normal distribution above z, to 1e-7: Abramowitz and Stegun 26.2.17. */
function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z)
  const t = 1 / (1 + 0.2316419 * z)
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  return density * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
}
