import { median, type Trend, type TrendPoint, trendOf } from '../trend.ts'

/** Fewest points that are judged, and the share of the window that they have to span. */
const MIN_POINTS = 8
const MIN_SPAN = 0.7
/** A rise is believed at this chance of being none, and goes on until the chance is above the other. */
const BEGINS_BELOW = 0.001
const GOES_ON_BELOW = 0.05
/** The largest step may make up this share of the growth: what grows in one step is a load, not a leak. */
const LARGEST_STEP = 0.5
/**
 * From each quarter of the window to the next it grows by at least this share of what it does on average. A job that takes
 * two thirds of the window doesn't in the beginning.
 */
const PARTS = 4
const STEADINESS = 0.5
/** The second half of the window rises at least at this share of the slope of the first. A cache that fills up doesn't. */
const LATE_SHARE = 2 / 3

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
  return {
    kind: 'rising',
    trend,
    isSteady: isSure && growsAllAlong(points) && !isOneStep(points) && !levelsOff(points),
  }
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

/** From each part of the time to the next one. */
function growsAllAlong(points: readonly TrendPoint[]): boolean {
  const firstMs = points[0]?.atMs ?? 0
  const partMs = ((points.at(-1)?.atMs ?? 0) - firstMs) / PARTS
  const levels = Array.from({ length: PARTS }, (_, part) => {
    const from = firstMs + part * partMs
    return median(points.filter(({ atMs }) => atMs >= from && atMs <= from + partMs).map(({ value }) => value))
  })
  const growths = levels.slice(1).map((level, part) => level - Number(levels[part]))
  const average = growths.reduce((sum, growth) => sum + growth, 0) / growths.length
  return average > 0 && growths.every((growth) => growth >= STEADINESS * average)
}

function levelsOff(points: readonly TrendPoint[]): boolean {
  const half = points.length >> 1
  const [early, late] = [points.slice(0, half), points.slice(-half)].map((part) => trendOf(part).slopePerMs)
  return Number(late) < LATE_SHARE * Number(early)
}

function isOneStep(points: readonly TrendPoint[]): boolean {
  let largest = 0
  for (const [index, { value }] of points.entries()) {
    largest = Math.max(largest, value - (points[index - 1]?.value ?? value))
  }
  const growth = (points.at(-1)?.value ?? 0) - (points[0]?.value ?? 0)
  return largest > LARGEST_STEP * growth
}
