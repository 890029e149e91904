import { checkNumberOption, invalidOption, type NumberRange } from '../../lib/check-options.ts'

/** From which use of a limit on each level begins, in percent. */
export interface LevelPercents {
  readonly moderatePercent: number
  readonly highPercent: number
  readonly criticalPercent: number
}

export const LEVEL_PERCENT_DEFAULTS: LevelPercents = Object.freeze({
  moderatePercent: 75,
  highPercent: 78,
  criticalPercent: 87.5,
})

/** A share between 0 and 1 is a slip. */
const PERCENT: NumberRange = [1, 100, false]

/**
 * What is left out is the default, or gives way to what is given: midway to the next level, or as far from it as usual.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function resolveLevelPercents(
  given: { readonly [name in keyof LevelPercents]?: number | undefined },
): LevelPercents {
  const usual = LEVEL_PERCENT_DEFAULTS
  let [lowest, lowestName] = [0, '']
  for (const name of ['moderatePercent', 'highPercent', 'criticalPercent'] as const) {
    const percent = given[name]
    if (percent === undefined) continue
    checkNumberOption(name, percent, PERCENT)
    if (percent <= lowest) throw invalidOption(name, `more than ${lowestName}, ${lowest}`, percent)
    ;[lowest, lowestName] = [percent, name]
  }
  const below = given.highPercent ?? given.moderatePercent ?? 0
  const critical = given.criticalPercent ?? (below < usual.criticalPercent ? usual.criticalPercent : (below + 100) / 2)
  const high = given.highPercent ?? between(usual.highPercent, given.moderatePercent, critical)
  const moderate =
    given.moderatePercent ?? Math.min(usual.moderatePercent, (high * usual.moderatePercent) / usual.highPercent)
  return { moderatePercent: moderate, highPercent: high, criticalPercent: critical }
}

function between(usual: number, below: number | undefined, above: number): number {
  const scaled = Math.min(usual, (above * usual) / LEVEL_PERCENT_DEFAULTS.criticalPercent)
  return below === undefined || below < scaled ? scaled : (below + above) / 2
}
