/** How long ago something may be to say how fast memory grows now. */
const WINDOW_MS = 30_000
/** Of readings that are closer together the lowest stays. */
const SPACING_MS = 500
/** Less time than that says nothing of a minute. */
const MIN_SPAN_MS = 2_000

interface Reading {
  readonly atMs: number
  readonly percent: number
}

/**
 * How fast use rises. V8 lets garbage pile up and collects it, so readings go up and down: compared are the lowest of the
 * earlier and of the later half of the last 30 s.
 */
export class GrowthRate {
  #readings: Reading[] = []

  add(atMs: number, percent: number): void {
    const last = this.#readings.at(-1)
    // A clock that was set back, or stood still for as long as the window: nothing before can be compared.
    if (last !== undefined && (atMs < last.atMs || atMs - last.atMs > WINDOW_MS)) this.#readings = []
    else this.#readings = this.#readings.filter((reading) => atMs - reading.atMs <= WINDOW_MS)
    const before = this.#readings.at(-1)
    if (before === undefined || atMs - before.atMs >= SPACING_MS) this.#readings.push({ atMs, percent })
    else if (percent < before.percent) this.#readings[this.#readings.length - 1] = { atMs: before.atMs, percent }
  }

  /** In percent of the limit per minute; negative where use falls, undefined before there is anything to tell by. */
  perMinute(): number | undefined {
    const [first, last] = [this.#readings[0], this.#readings.at(-1)]
    if (first === undefined || last === undefined || last.atMs - first.atMs < MIN_SPAN_MS) return undefined
    const middleMs = (first.atMs + last.atMs) / 2
    const earlier = lowest(this.#readings.filter(({ atMs }) => atMs < middleMs))
    const later = lowest(this.#readings.filter(({ atMs }) => atMs >= middleMs))
    return ((later.percent - earlier.percent) / (later.atMs - earlier.atMs)) * 60_000
  }
}

/** The first of the lowest. */
function lowest(readings: readonly Reading[]): Reading {
  return readings.reduce((low, reading) => (reading.percent < low.percent ? reading : low))
}
