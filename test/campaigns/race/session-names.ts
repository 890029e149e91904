import type { Chance } from '../../support/random.ts'

const SESSIONS = 20
/** After so long a session is left alone and another one takes its place, so that none grows without end. */
const LIFE_US = 20_000_000
/** All workers are after the same session for so long, so that they meet in it. */
const FOCUS_US = 300_000

/** Which sessions there are at a time: the same for all processes, without a word between them. */
export class SessionNames {
  readonly #startedAt: number

  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  pick(chance: Chance, at: number): string {
    // Some are busy all the time, others are quiet, and what was missed there shows for longer.
    const i = Math.floor(SESSIONS * (chance.between(0, 999) / 1000) ** 3)
    return chance.of(0.4) ? this.focus(at) : this.#name(i, at)
  }

  /** The session that all are after now. */
  focus(at: number): string {
    return this.#name(Math.floor((at - this.#startedAt) / FOCUS_US) % SESSIONS, at)
  }

  /** In how many milliseconds that will be another one. */
  msToNextFocus(at: number): number {
    return (FOCUS_US - ((at - this.#startedAt) % FOCUS_US)) / 1000
  }

  /** Of all times so far. */
  all(at: number): readonly string[] {
    const names = new Set<string>()
    for (let then = this.#startedAt; then < at + LIFE_US; then += LIFE_US / 4) {
      for (let i = 0; i < SESSIONS; i++) names.add(this.#name(i, Math.min(then, at)))
    }
    return [...names].sort()
  }

  #name(i: number, at: number): string {
    // Not all at once.
    const life = Math.floor((at - this.#startedAt + (i / SESSIONS) * LIFE_US) / LIFE_US)
    return `chat-${i}-${life}`
  }
}
