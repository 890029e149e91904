import { checkNames } from '../../lib/check-names.ts'
import { checkNumberOption } from '../../lib/check-options.ts'
import { LEVEL_PERCENT_DEFAULTS, resolveLevelPercents } from './level-percents.ts'
import {
  type MemoryPressure,
  PRESSURE_LEVELS,
  type PressureReading,
  type PressureSignal,
  type PressureState,
  pressureNumber,
} from './pressure.ts'

export interface PressureGaugeOptions {
  /** Use of the closest limit from which pressure is moderate, in percent, 1 to 100. @default 75 */
  readonly moderatePercent?: number
  /** The same for high. @default 78 */
  readonly highPercent?: number
  /** The same for critical. @default 87.5 */
  readonly criticalPercent?: number
  /** How far a score has to fall below what began a level before the level ends, 0 to 20. @default 5 */
  readonly hysteresis?: number
}

export const PRESSURE_GAUGE_DEFAULTS: Required<PressureGaugeOptions> = Object.freeze({
  ...LEVEL_PERCENT_DEFAULTS,
  hysteresis: 5,
})

/** Scores from which on a level begins. */
const LEVEL_SCORES: Readonly<Record<MemoryPressure, number>> = { low: 0, moderate: 70, high: 80, critical: 90 }

/** A curve: values and their scores, both rising; straight lines between. */
type Curve = readonly (readonly [value: number, score: number])[]

/** By how much of what is left the next minute is short, at the present growth: 1 is all of it. */
const GROWTH: Curve = [
  [0, 0],
  [0.5, 45],
  [1, 70],
  [4, 85],
]
/** A process that does little else than collect frees little by it. */
const COLLECTING: Curve = [
  [0, 0],
  [0.1, 45],
  [0.3, 70],
  [0.6, 85],
]

/**
 * Makes a score and a level of readings. Of several signals the worst decides. Use alone can make pressure critical; how
 * fast it grows, and how much of the time goes into collecting, make it high at most. A level begins at its score at once,
 * and ends one reading at a time, once the score is well below.
 */
export class PressureGauge {
  readonly #use: Curve
  readonly #hysteresis: number
  #level: MemoryPressure = 'low'

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: PressureGaugeOptions = {}) {
    checkNames('INVALID_OPTION', 'Cannot use pressure options', options, Object.keys(PRESSURE_GAUGE_DEFAULTS))
    const { hysteresis = PRESSURE_GAUGE_DEFAULTS.hysteresis } = options
    const { moderatePercent, highPercent, criticalPercent } = resolveLevelPercents(options)
    checkNumberOption('hysteresis', hysteresis, [0, 20, false])
    this.#hysteresis = hysteresis
    this.#use = [
      [0, 0],
      [moderatePercent * 0.8, 45],
      [moderatePercent, LEVEL_SCORES.moderate],
      [highPercent, LEVEL_SCORES.high],
      [criticalPercent, LEVEL_SCORES.critical],
      [100, 100],
    ]
  }

  get level(): MemoryPressure {
    return this.#level
  }

  /** Forgets the level that was reached. */
  reset(): void {
    this.#level = 'low'
  }

  update(reading: PressureReading): PressureState {
    const signals = Object.freeze(this.#signals(reading))
    const names = Object.keys(signals) as PressureSignal[]
    const signal = names.reduce((worst, name) => (signals[name] > signals[worst] ? name : worst), 'use')
    const score = signals[signal]
    const before = this.#level
    this.#level = this.#next(score)
    const { at, percentUsed, fullCollections } = reading
    return Object.freeze({ at, level: this.#level, score, signal, signals, before, percentUsed, fullCollections })
  }

  #signals({
    percentUsed,
    percentPerMinute = 0,
    collectingRatio = 0,
  }: PressureReading): Record<PressureSignal, number> {
    const left = Math.max(1, 100 - percentUsed)
    const use = scoreOn(this.#use, percentUsed)
    return {
      use,
      // Growth from little is what every start of a process looks like: it counts once there is use to speak of.
      growth: Math.min(scoreOn(GROWTH, percentPerMinute / left), use + 25),
      collecting: Math.min(scoreOn(COLLECTING, collectingRatio), use + 25),
    }
  }

  #next(score: number): MemoryPressure {
    const reached = PRESSURE_LEVELS.findLast((level) => score >= LEVEL_SCORES[level]) ?? 'low'
    const held = pressureNumber(this.#level)
    if (pressureNumber(reached) >= held) return reached
    return score > LEVEL_SCORES[this.#level] - this.#hysteresis ? this.#level : PRESSURE_LEVELS[held - 1]!
  }
}

function scoreOn(curve: Curve, value: number): number {
  let [x0, y0] = curve[0]!
  for (const [x, y] of curve) {
    if (value <= x) return x === x0 ? y : y0 + ((y - y0) * Math.max(0, value - x0)) / (x - x0)
    ;[x0, y0] = [x, y]
  }
  return y0
}
