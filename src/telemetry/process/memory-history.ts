import { checkNumberOption, type NumberRange } from '../../lib/check-options.ts'
import { persistence, trendOf } from '../trend.ts'

export type MemoryTrend = 'increasing' | 'decreasing' | 'stable'

export interface MemoryHistoryOptions {
  /** How far it looks back, in milliseconds. @default 3_600_000 */
  readonly windowMs?: number
  /** A growth is told of from so many milliseconds on; what came before is mostly start-up. @default 600_000 */
  readonly minSpanMs?: number
}

/** What a history came to. */
export interface MemorySummary {
  readonly currentBytes: number
  /** The highest value ever added, also before the window. */
  readonly peakBytes: number
  /** Over the window. */
  readonly averageBytes: number
  readonly trend: MemoryTrend
  /** In MB per hour, below 0 where memory shrinks. Undefined until the history is long enough to say. */
  readonly growthMbPerHour: number | undefined
}

export const MEMORY_HISTORY_DEFAULTS: Readonly<Required<MemoryHistoryOptions>> = Object.freeze({
  windowMs: 3_600_000,
  minSpanMs: 600_000,
})

const MB = 1024 * 1024
const HOUR_MS = 3_600_000
const SLOTS = 60
const MIN_SLOTS = 8
/** Chance alone gives more than this once in 100 times. */
const MIN_SCORE = 2.58
/** A rise of so many standard deviations is no wandering, even where it is no straight line. */
const CLEAR = 5
/** What is less than this over the span is no trend, however sure: share of the average, and bytes. */
const MIN_GROWTH = Object.freeze({ share: 0.02, bytes: MB })
const WINDOW_MS: NumberRange = [SLOTS, 31 * 24 * HOUR_MS, true]

/** The mean of what fell into a piece of time. */
interface Slot {
  readonly index: number
  sum: number
  count: number
}

/**
 * How much memory was used over the last hour, in 60 means, whatever the time between two values: so its size is fixed,
 * and the saw-tooth between collections is mostly evened out.
 */
export class MemoryHistory {
  readonly #slotMs: number
  readonly #minSpanMs: number
  readonly #slots: Slot[] = []
  #current = 0
  #peak = 0
  /** Of the slots that are full. Takes about 0.2 ms, so it is found out once for each of them. */
  #growth: Growth | undefined
  #isGrowthKnown = false

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: MemoryHistoryOptions = {}) {
    const { windowMs, minSpanMs } = { ...MEMORY_HISTORY_DEFAULTS, ...options }
    checkNumberOption('windowMs', windowMs, WINDOW_MS)
    checkNumberOption('minSpanMs', minSpanMs, [0, windowMs, true])
    this.#slotMs = windowMs / SLOTS
    this.#minSpanMs = minSpanMs
  }

  /** @param at milliseconds since 1970 */
  add(at: number, bytes: number): void {
    this.#current = bytes
    this.#peak = Math.max(this.#peak, bytes)
    const index = Math.floor(at / this.#slotMs)
    const last = this.#slots.at(-1)
    if (last?.index === index) {
      last.sum += bytes
      last.count += 1
      return
    }
    // A clock that was set back makes the order of what is known unknown.
    if (last !== undefined && index < last.index) this.#slots.length = 0
    this.#isGrowthKnown = false
    this.#slots.push({ index, sum: bytes, count: 1 })
    while (Number(this.#slots[0]?.index) < index - SLOTS) this.#slots.shift()
  }

  summary(): MemorySummary {
    if (!this.#isGrowthKnown) this.#growth = measureGrowth(this.#slots.slice(0, -1), this.#slotMs, this.#minSpanMs)
    this.#isGrowthKnown = true
    return Object.freeze({
      currentBytes: this.#current,
      peakBytes: this.#peak,
      averageBytes: average(this.#slots.map(mean)),
      trend: this.#growth?.trend ?? 'stable',
      growthMbPerHour: this.#growth?.mbPerHour,
    })
  }
}

interface Growth {
  readonly trend: MemoryTrend
  readonly mbPerHour: number
}

function measureGrowth(slots: readonly Slot[], slotMs: number, minSpanMs: number): Growth | undefined {
  const [first, last] = [slots[0], slots.at(-1)]
  if (first === undefined || last === undefined || slots.length < MIN_SLOTS) return undefined
  const spanMs = (last.index - first.index + 1) * slotMs
  if (spanMs < minSpanMs) return undefined
  const means = slots.map(mean)
  const trend = trendOf(slots.map((slot) => ({ atMs: slot.index * slotMs, value: mean(slot) })))
  const perSlot = trend.slopePerMs * slotMs
  const grownBytes = perSlot * (last.index - first.index)
  const least = Math.max(MIN_GROWTH.bytes, MIN_GROWTH.share * average(means))
  const residuals = means.map((bytes, i) => bytes - perSlot * Number(slots[i]?.index))
  const score = Math.abs(trend.score)
  // What bends, as start-up does, persists as much as what wanders: so it is not asked of a rise that is clear anyway.
  const isSure =
    Math.abs(grownBytes) >= CLEAR * deviation(residuals)
      ? score >= MIN_SCORE
      : score >= MIN_SCORE * Math.sqrt(persistence(residuals))
  const isTrend = isSure && Math.abs(grownBytes) >= least
  return {
    trend: !isTrend ? 'stable' : grownBytes > 0 ? 'increasing' : 'decreasing',
    mbPerHour: (trend.slopePerMs * HOUR_MS) / MB,
  }
}

function mean({ sum, count }: Slot): number {
  return sum / count
}

function deviation(values: readonly number[]): number {
  const middle = average(values)
  return Math.sqrt(average(values.map((value) => (value - middle) ** 2)))
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
