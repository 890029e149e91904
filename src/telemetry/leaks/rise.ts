import { median, type Trend, type TrendPoint, trendOf } from '../trend.ts'

/** Fewest points that are judged, and the share of the window that they have to span. */
const MIN_POINTS = 8
const MIN_SPAN = 0.7
/** A rise is believed at this chance of being none, and goes on until the chance is above the other. */
const BEGINS_BELOW = 0.001
const GOES_ON_BELOW = 0.05
/** The largest step may make up this share of the growth: what grows in one step is a load, not a leak. */
const LARGEST_STEP = 0.5
/** Each later third of the window grows by at least this share of what thirds grow on average: a cache that fills up doesn't. */
const STEADINESS = 0.5

/** What the points of a window say. */
export type Rise =
  | { readonly kind: 'unknown' }
  /** `isSteady`: it may be reported. Otherwise it only goes on. */
  | { readonly kind: 'rising'; readonly trend: Trend; readonly isSteady: boolean }
  | { readonly kind: 'flat'; readonly trend: Trend }

/** The points are judged as they are, and by the lowest of each three: work that comes and goes is not seen there. */
export function riseOf(points: readonly TrendPoint[], windowMs: number): Rise {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || points.length < MIN_POINTS) return { kind: 'unknown' }
  if (last.atMs - first.atMs < MIN_SPAN * windowMs) return { kind: 'unknown' }
  const [fine, coarse] = [judge(points), judge(lowestOfEach(points, 3))]
  return rank(coarse) > rank(fine) ? coarse : fine
}

function judge(points: readonly TrendPoint[]): Rise & { readonly trend: Trend } {
  const trend = trendOf(points)
  if (trend.riseChance > GOES_ON_BELOW || trend.slopePerMs <= 0) return { kind: 'flat', trend }
  const isSure = trend.riseChance < BEGINS_BELOW && trend.slopeRange[0] > 0
  return { kind: 'rising', trend, isSteady: isSure && growsAllAlong(points) && !isOneStep(points) }
}

function rank(rise: Rise): number {
  return rise.kind === 'rising' ? 1 + Number(rise.isSteady) : 0
}

function lowestOfEach(points: readonly TrendPoint[], count: number): readonly TrendPoint[] {
  const groups = Array.from({ length: Math.ceil(points.length / count) }, (_, index) =>
    // From the end, so that the newest ones are whole.
    points.slice(Math.max(0, points.length - (index + 1) * count), points.length - index * count),
  )
  return groups.reverse().map((group) => group.reduce((low, point) => (point.value < low.value ? point : low)))
}

/** Also in the second and in the last third of the time. */
function growsAllAlong(points: readonly TrendPoint[]): boolean {
  const firstMs = points[0]?.atMs ?? 0
  const thirdMs = ((points.at(-1)?.atMs ?? 0) - firstMs) / 3
  const levels = [0, 1, 2].map((third) => {
    const from = firstMs + third * thirdMs
    const within = points.filter(({ atMs }) => atMs >= from && atMs <= from + thirdMs)
    return median(within.map(({ value }) => value))
  })
  const [early = 0, middle = 0, late = 0] = levels
  const average = (late - early) / 2
  return average > 0 && middle - early >= STEADINESS * average && late - middle >= STEADINESS * average
}

function isOneStep(points: readonly TrendPoint[]): boolean {
  let largest = 0
  for (const [index, { value }] of points.entries()) {
    largest = Math.max(largest, value - (points[index - 1]?.value ?? value))
  }
  const growth = (points.at(-1)?.value ?? 0) - (points[0]?.value ?? 0)
  return largest > LARGEST_STEP * growth
}
