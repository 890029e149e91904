/** One long collection is no trouble: only if most of so long a time goes into them. */
const WINDOW_MS = 10_000
const SPACING_MS = 500

interface Total {
  readonly atMs: number
  readonly pauseMs: number
}

/** Which share of the last 10 s full collections stopped the process for. */
export class CollectingShare {
  #totals: Total[] = []

  /** Takes the time of all collections since the start. */
  add(atMs: number, pauseMs: number): void {
    const last = this.#totals.at(-1)
    if (last !== undefined && (atMs < last.atMs || pauseMs < last.pauseMs)) this.#totals = []
    // One that is older than the window stays, so that there is something to compare with.
    while ((this.#totals[1]?.atMs ?? atMs) <= atMs - WINDOW_MS) this.#totals.shift()
    const before = this.#totals.at(-1)
    if (before === undefined || atMs - before.atMs >= SPACING_MS) this.#totals.push({ atMs, pauseMs })
  }

  /** 0 to 1. */
  ratio(atMs: number, pauseMs: number): number {
    const [first] = this.#totals
    if (first === undefined) return 0
    return Math.max(0, Math.min(1, (pauseMs - first.pauseMs) / Math.max(WINDOW_MS, atMs - first.atMs)))
  }
}
