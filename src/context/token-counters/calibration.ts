// A view of a few words says more of the framing around it than of its text.
const MIN_TOKENS = 100
// Estimates are within a quarter of the truth for most texts; what is further off than this was counted wrongly.
const MIN_RATIO = 0.5
const MAX_RATIO = 2
// The last three answers or so decide, as conversations differ in language and kind.
const WEIGHT = 0.3

/** How many true tokens an estimated one stands for, learned from what a service has counted. */
export class Calibration {
  #ratio = 1
  #answers = 0

  get ratio(): number {
    return this.#ratio
  }

  learn(estimated: number, counted: number): void {
    if (estimated < MIN_TOKENS) return
    const seen = Math.min(MAX_RATIO, Math.max(MIN_RATIO, counted / estimated))
    this.#ratio += (seen - this.#ratio) * (this.#answers === 0 ? 1 : WEIGHT)
    this.#answers += 1
  }
}
