import { RiseWatch } from '../../../src/telemetry/leaks/rise-watch.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'

/** Memory in use goes up and down at random around one level, and forgets where it was within `memoryMinutes`. */
export interface LongNoise {
  readonly days: number
  readonly deviationMb: number
  readonly memoryMinutes: number
  readonly seed: number
}

const MB = 1024 * 1024
const MINUTE_MS = 60_000
const THRESHOLD_MB = 100

/** How many rises by 100 MB the judgement sees in it, with the default window and a reading each minute. There are none. */
export function falseAlarms({ days, deviationMb, memoryMinutes, seed }: LongNoise): number {
  const watch = new RiseWatch(30 * MINUTE_MS)
  const random = seededRandom(seed)
  const keep = Math.exp(-1 / memoryMinutes)
  let [value, alarms, isTold] = [0, 0, false]
  for (let minute = 0; minute < days * 24 * 60; minute++) {
    value = keep * value + Math.sqrt(1 - keep * keep) * deviationMb * normal(random)
    watch.add(minute * MINUTE_MS, (500 + value) * MB)
    const state = watch.judge()
    if (state.kind !== 'rising') isTold = false
    else if (state.isSteady && state.sureGrowthBytes >= THRESHOLD_MB * MB && !isTold) {
      alarms++
      isTold = true
    }
  }
  return alarms
}

/** About normal: the sum of twelve even ones. */
function normal(random: () => number): number {
  let sum = -6
  for (let count = 0; count < 12; count++) sum += random()
  return sum
}
