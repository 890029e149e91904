import { checkNames } from '../../lib/check-names.ts'
import { checkFunctionOption, checkNumberOption, checkWordOption, type NumberRange } from '../../lib/check-options.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { collectGarbage } from '../../lib/collect-garbage.ts'
import type { LeakReport } from './leak-report.ts'

/** Options of {@link MemoryLeakDetector}. */
export interface LeakDetectorOptions {
  /**
   * Steady growth after full collections that counts as a leak, in MB, 0.1 to 1_000_000. More than your caches may hold:
   * a cache that fills for longer than {@link windowMs} looks like a leak. @default 100
   */
  readonly leakDetectionThresholdMb?: number
  /** How long a rise must last, in milliseconds, from 1000. Longer than the rise and fall of your load. @default 1_800_000 */
  readonly windowMs?: number
  /** Of the time after the start nothing is believed: modules load, caches fill. In milliseconds. @default 60_000 */
  readonly warmUpMs?: number
  /**
   * When to ask for a full collection, which stops all JavaScript for some milliseconds (about one for each MB of live
   * objects): `growing` where memory seems to have grown by a quarter of the threshold and V8 made none by itself, `always`
   * as often as the window has points, `never`. At most one for each point.
   * @default "growing"
   */
  readonly collect?: 'growing' | 'always' | 'never'
  /** Makes a full collection. @default one that needs no flag of Node */
  readonly collectGarbage?: () => unknown
  /**
   * Mean bytes between two sampled allocations, from 1024; 0 samples none, and reports say no allocation sites. V8 has one
   * such sampler: two users of it end each other's. @default 524_288
   */
  readonly samplingIntervalBytes?: number
  /** Called once for each leak, and again each time it has doubled. A place to recover: drop caches, restart. */
  readonly onLeak?: (report: LeakReport) => unknown
  /** @default systemClock */
  readonly clock?: Clock
}

type Defaulted = Required<Omit<LeakDetectorOptions, 'onLeak'>>

export const LEAK_DETECTOR_DEFAULTS: Defaulted = Object.freeze({
  leakDetectionThresholdMb: 100,
  windowMs: 1_800_000,
  warmUpMs: 60_000,
  collect: 'growing',
  samplingIntervalBytes: 524_288,
  collectGarbage,
  clock: systemClock,
})

const RANGES = {
  leakDetectionThresholdMb: [0.1, 1_000_000, false],
  windowMs: [1000, 86_400_000 * 30, false],
  warmUpMs: [0, 86_400_000, false],
  samplingIntervalBytes: [0, 1 << 30, true],
} satisfies Record<string, NumberRange>

type Checked = Defaulted & Pick<LeakDetectorOptions, 'onLeak'>

/** @throws ThermoclineError `INVALID_OPTION` */
export function checkedLeakOptions(options: LeakDetectorOptions): Checked {
  checkNames('INVALID_OPTION', 'Cannot make a leak detector', options, [
    ...Object.keys(LEAK_DETECTOR_DEFAULTS),
    'onLeak',
  ])
  checkFunctionOption('onLeak', options.onLeak)
  checkFunctionOption('collectGarbage', options.collectGarbage)
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const checked: Checked = Object.freeze({ ...LEAK_DETECTOR_DEFAULTS, ...Object.fromEntries(given) })
  for (const name of ['leakDetectionThresholdMb', 'windowMs', 'warmUpMs', 'samplingIntervalBytes'] as const) {
    checkNumberOption(name, checked[name], RANGES[name])
  }
  checkWordOption('collect', checked.collect, ['growing', 'always', 'never'])
  return checked
}
