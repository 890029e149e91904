import { RiseWatch } from '../../../src/telemetry/leaks/rise-watch.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import type { MemoryNoise } from './memory-noise.ts'

const MB = 1024 * 1024
const MINUTE_MS = 60_000
const THRESHOLD_MB = 100

export interface SimulatedDays {
  readonly noise: MemoryNoise
  readonly days: number
  readonly seed: number
  /** Chance that V8 collects in a minute. @default 1 */
  readonly readingChance?: number
}

/** How many rises by 100 MB the judgement sees, with the default window and at most a reading each minute. There are none. */
export function falseAlarms({ noise, days, seed, readingChance = 1 }: SimulatedDays): number {
  const watch = new RiseWatch(30 * MINUTE_MS)
  const random = seededRandom(seed)
  const memory = noise(random)
  let [alarms, isTold] = [0, false]
  for (let minute = 0; minute < days * 24 * 60; minute++) {
    const mb = memory(minute)
    if (readingChance < 1 && random() > readingChance) continue
    watch.add(minute * MINUTE_MS, mb * MB)
    const state = watch.judge()
    if (state.kind !== 'rising') {
      // As the detector does where a leak has ended.
      if (isTold) watch.forgetHeld()
      isTold = false
    } else if (state.isSteady && state.sureGrowthBytes >= THRESHOLD_MB * MB && !isTold) {
      alarms++
      isTold = true
    }
  }
  return alarms
}
