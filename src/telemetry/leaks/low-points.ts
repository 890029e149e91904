import type { TrendPoint } from '../trend.ts'

/** Points that a full window has: enough for a trend to be sure of, few enough for all pairs. */
export const WINDOW_POINTS = 24

/**
 * The lowest reading of each 24th of a sliding window, or of another share. What is reachable can't be below what is in
 * use, and what lies above the lowest reading is work under way or not yet collected; so it is the lowest ones that a
 * leak lifts.
 */
export class LowPoints {
  readonly #count: number
  readonly #slotMs: number
  readonly #points: { slot: number; atMs: number; value: number }[] = []

  constructor(windowMs: number, count: number = WINDOW_POINTS) {
    this.#count = count
    this.#slotMs = windowMs / count
  }

  get points(): readonly TrendPoint[] {
    return this.#points
  }

  /** True where this share has a reading. */
  covers(atMs: number): boolean {
    return this.#points.at(-1)?.slot === this.#slotOf(atMs)
  }

  add(atMs: number, value: number): void {
    const slot = this.#slotOf(atMs)
    const last = this.#points.at(-1)
    if (last !== undefined && slot === last.slot) {
      if (value < last.value) this.#points[this.#points.length - 1] = { slot, atMs, value }
      return
    }
    // The clock was set back: what was before can't be put in order with what comes.
    if (last !== undefined && slot < last.slot) this.#points.length = 0
    this.#points.push({ slot, atMs, value })
    while ((this.#points[0]?.slot ?? slot) <= slot - this.#count) this.#points.shift()
  }

  clear(): void {
    this.#points.length = 0
  }

  #slotOf(atMs: number): number {
    return Math.floor(atMs / this.#slotMs)
  }
}
