import type { Trend } from '../trend.ts'
import { LowPoints } from './low-points.ts'
import { type Rise, riseOf } from './rise.ts'

/** What is known after a reading. `beganAtMs` and `growthBytes` tell of the whole rise, which may be older than the window. */
export type RiseState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'flat'; readonly trend: Trend }
  | {
      readonly kind: 'rising'
      readonly trend: Trend
      readonly isSteady: boolean
      readonly beganAtMs: number
      readonly growthBytes: number
      /** The growth with the lowest slope that the window may have, above what was held before: noise makes it less. */
      readonly sureGrowthBytes: number
    }

interface Beginning {
  readonly atMs: number
  readonly bytes: number
  readonly heldBefore: number
}

/** Nothing is said before so much of a window was watched: until then each cache that fills is a rise. */
const WATCHED_SHARE = 0.9

/** Follows one rise through a sliding window. A slow leak takes many windows to reach a threshold. */
export class WindowWatch {
  readonly #windowMs: number
  readonly #low: LowPoints
  readonly #heldBefore: (atMs: number) => number
  #firstMs: number | undefined
  #began: Beginning | undefined

  /** @param heldBefore says the most that was held for long before a time, in bytes */
  constructor(windowMs: number, heldBefore: (atMs: number) => number) {
    this.#windowMs = windowMs
    this.#heldBefore = heldBefore
    this.#low = new LowPoints(windowMs)
  }

  /** Points in the window. */
  get size(): number {
    return this.#low.points.length
  }

  /** Lowest reading of the window. */
  get lowestBytes(): number {
    return Math.min(...this.#low.points.map(({ value }) => value))
  }

  /** True where the present 24th of the window has a reading. */
  covers(atMs: number): boolean {
    return this.#low.covers(atMs)
  }

  /** Takes the bytes in use after a full collection. */
  add(atMs: number, bytes: number): void {
    // Lower where the clock was set back.
    this.#firstMs = Math.min(this.#firstMs ?? atMs, atMs)
    this.#low.add(atMs, bytes)
  }

  judge(): RiseState {
    const watchedMs = (this.#low.points.at(-1)?.atMs ?? 0) - (this.#firstMs ?? 0)
    if (watchedMs < WATCHED_SHARE * this.#windowMs) return { kind: 'unknown' }
    const rise: Rise = riseOf(this.#low.points, this.#windowMs)
    const began = this.#began
    if (rise.kind !== 'rising' || (began === undefined && !rise.isSteady)) {
      this.#began = undefined
      return rise.kind === 'rising' ? { kind: 'flat', trend: rise.trend } : rise
    }
    const { trend, isSteady } = rise
    const from = began ?? this.#beginning(trend)
    this.#began = from
    const growthBytes = trend.lastFitted - from.bytes
    const unsureBytes = (trend.slopePerMs - trend.slopeRange[0]) * trend.spanMs
    const sureGrowthBytes = trend.lastFitted - Math.max(from.bytes, from.heldBefore) - unsureBytes
    return { kind: 'rising', trend, isSteady, beganAtMs: from.atMs, growthBytes, sureGrowthBytes }
  }

  #beginning({ firstFitted }: Trend): Beginning {
    const atMs = this.#low.points[0]?.atMs ?? 0
    return { atMs, bytes: firstFitted, heldBefore: this.#heldBefore(atMs) }
  }

  clear(): void {
    this.#low.clear()
    this.#firstMs = undefined
    this.#began = undefined
  }
}
