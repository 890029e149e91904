/** How close the process is to its memory limit. From `moderate` up, pressure counts as detected. */
export type MemoryPressure = 'low' | 'moderate' | 'high' | 'critical'

/** From the lowest to the highest; the place of a level is its number in metrics. */
export const PRESSURE_LEVELS: readonly MemoryPressure[] = Object.freeze(['low', 'moderate', 'high', 'critical'])

/** 0 for `low` to 3 for `critical`. */
export function pressureNumber(level: MemoryPressure): number {
  return PRESSURE_LEVELS.indexOf(level)
}

/** What is known of the process at one moment. What is left out isn't judged. */
export interface PressureReading {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Of the limit that is closest: of V8's heap, of the container, or one of the caller's own. 0 to 100, or above. */
  readonly percentUsed: number
  /** How fast that rises, in percent of the limit per minute; negative where it falls. */
  readonly percentPerMinute?: number | undefined
  /** Share of the last time that full collections stopped the process for, 0 to 1. */
  readonly collectingRatio?: number | undefined
  /** Full collections since the process began: only one shows what an action has freed. */
  readonly fullCollections?: number | undefined
}

/** What weighs in on a score. */
export type PressureSignal = 'use' | 'growth' | 'collecting'

/** What a gauge makes of a reading. */
export interface PressureState {
  readonly at: number
  readonly level: MemoryPressure
  /** 0 to 100: below 70 is low, from 80 high, from 90 critical. */
  readonly score: number
  /** The signal that the score is owed to. */
  readonly signal: PressureSignal
  readonly signals: Readonly<Record<PressureSignal, number>>
  /** The level before this reading. */
  readonly before: MemoryPressure
  readonly percentUsed: number
  readonly fullCollections: number | undefined
}
