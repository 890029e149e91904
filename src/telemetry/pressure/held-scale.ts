import type { LevelPercents } from './level-percents.ts'

/** From how many MB on a level begins, each at least the one before. */
export interface HeldThresholds {
  readonly moderateMb: number
  readonly highMb: number
  readonly criticalMb: number
  /** All that there should be. */
  readonly maxMb: number
}

/**
 * Turns megabytes into the percentages at which a gauge begins its levels, so that limits in either are judged alike.
 * Straight lines between the thresholds, and on above them.
 */
export function heldScale(thresholds: HeldThresholds, levels: LevelPercents): (heldMb: number) => number {
  const { moderatePercent, highPercent, criticalPercent } = levels
  const points = [
    [0, 0],
    [thresholds.moderateMb, moderatePercent],
    [thresholds.highMb, highPercent],
    [thresholds.criticalMb, criticalPercent],
    [thresholds.maxMb, 100],
  ] as const
  return (heldMb) => {
    let percent = 0
    for (const [index, [mb, at]] of points.entries()) {
      if (heldMb >= mb) percent = at
      else {
        const [beforeMb, before] = points[index - 1] ?? [0, 0]
        return before + ((at - before) * (heldMb - beforeMb)) / (mb - beforeMb)
      }
    }
    return (percent * heldMb) / thresholds.maxMb
  }
}
