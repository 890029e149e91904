import { LowPoints } from './low-points.ts'
import { type RiseState, WindowWatch } from './window-watch.ts'

/** What noise hides in one window shows in so many: the rise is as many times larger, the noise is not. */
const FAR_WINDOWS = 4
/** What was held for half a window in so many of them (a day, by default) may be held again: that is no growth. */
const REMEMBERED_WINDOWS = 48

/** Follows a rise through a sliding window, and through a longer one for leaks that are slow beside the noise. */
export class RiseWatch {
  readonly #near: WindowWatch
  readonly #far: WindowWatch
  readonly #held: LowPoints

  constructor(windowMs: number) {
    const held = new LowPoints(REMEMBERED_WINDOWS * windowMs, 2 * REMEMBERED_WINDOWS)
    const heldBefore = (endMs: number): number =>
      Math.max(...held.points.filter(({ atMs }) => atMs < endMs).map(({ value }) => value))
    this.#near = new WindowWatch(windowMs, heldBefore)
    this.#far = new WindowWatch(FAR_WINDOWS * windowMs, heldBefore)
    this.#held = held
  }

  /** Points in the window. */
  get size(): number {
    return this.#near.size
  }

  /** Lowest reading of the window. */
  get lowestBytes(): number {
    return this.#near.lowestBytes
  }

  /** True where the present 24th of the window has a reading. */
  covers(atMs: number): boolean {
    return this.#near.covers(atMs)
  }

  /** Takes the bytes in use after a full collection. */
  add(atMs: number, bytes: number): void {
    this.#near.add(atMs, bytes)
    this.#far.add(atMs, bytes)
    this.#held.add(atMs, bytes)
  }

  judge(): RiseState {
    const [near, far] = [this.#near.judge(), this.#far.judge()]
    if (far.kind !== 'rising' || near.kind === 'unknown') return near
    if (near.kind !== 'rising') return far
    return sureGrowth(far) > sureGrowth(near) ? far : near
  }

  /** A leak has ended: what it held is no measure for the next one. */
  forgetHeld(): void {
    this.#held.clear()
  }

  /** Begins from nothing known. */
  clear(): void {
    this.#near.clear()
    this.#far.clear()
    this.#held.clear()
  }
}

/** That may be reported. */
function sureGrowth(rise: RiseState & { readonly kind: 'rising' }): number {
  return rise.isSteady ? rise.sureGrowthBytes : Number.NEGATIVE_INFINITY
}
