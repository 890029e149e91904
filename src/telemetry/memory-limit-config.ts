import { checkNames } from '../lib/check-names.ts'
import { checkNumberOption, checkWordOption, invalidOption, type NumberRange } from '../lib/check-options.ts'
import type { PressureGaugeOptions } from './pressure/gauge.ts'
import type { HeldThresholds } from './pressure/held-scale.ts'
import { resolveLevelPercents } from './pressure/level-percents.ts'
import type { PressureResponseOptions } from './pressure/response.ts'

/**
 * Limits of your own in MB (2^20 bytes), for the heap and what it holds outside of it. They add to V8's limit and the
 * container's, for which percentages stay in force.
 */
export interface MemoryLimitConfig {
  /** All that the process should hold. @default none */
  readonly maxHeapMb?: number
  /** Pressure is moderate from here. @default 75 % of `maxHeapMb` */
  readonly warningThresholdMb?: number
  /** Pressure is high from here, and collections are forced. @default 78 % */
  readonly gcPressureThresholdMb?: number
  /** Pressure is critical from here. @default 87.5 % */
  readonly criticalThresholdMb?: number
  /** Whether collections are forced at all. @default true */
  readonly enableGcPressure?: boolean
}

/** The same as the parts of the profiler take it. */
export interface PressureOptions {
  readonly maxHeapMb: number | undefined
  /** Undefined without any limit in MB. */
  readonly held: HeldThresholds | undefined
  readonly gauge: PressureGaugeOptions
  readonly response: PressureResponseOptions
}

interface Given {
  readonly limits?: MemoryLimitConfig | undefined
  readonly pressure?: PressureGaugeOptions | undefined
  readonly pressureResponse?: PressureResponseOptions | undefined
  /** What limits are called where they came from, for messages. @default their own names */
  readonly names?: Readonly<Record<string, string>>
}

/** From the lowest to the highest. */
const THRESHOLDS = ['warningThresholdMb', 'gcPressureThresholdMb', 'criticalThresholdMb'] as const
const HEAP_MB: NumberRange = [1, 1_048_576, false]

/**
 * @param heapLimitMb V8's own, which thresholds that are left out refer to where there is no `maxHeapMb`
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function resolvePressureOptions(given: Given, heapLimitMb: number): PressureOptions {
  const { limits = {}, pressure = {}, pressureResponse = {}, names = {} } = given
  checkNames('INVALID_OPTION', 'Cannot use limits', limits, ['maxHeapMb', 'enableGcPressure', ...THRESHOLDS])
  checkMegabytes(limits, names)
  const { maxHeapMb, enableGcPressure } = limits
  if (enableGcPressure !== undefined) {
    checkWordOption('enableGcPressure', enableGcPressure, [true, false])
    // Nobody could tell which one is meant.
    if (pressureResponse.enableGcPressure !== undefined) {
      throw invalidOption('enableGcPressure', 'only one of limits and pressureResponse', enableGcPressure)
    }
  }
  return {
    maxHeapMb,
    held: heldThresholds(limits, pressure, heapLimitMb),
    gauge: pressure,
    response: { ...pressureResponse, ...(enableGcPressure !== undefined && { enableGcPressure }) },
  }
}

function checkMegabytes(limits: MemoryLimitConfig, names: Readonly<Record<string, string>>): void {
  let [lowestMb, lowest] = [0, '']
  for (const option of [...THRESHOLDS, 'maxHeapMb'] as const) {
    const mb = limits[option]
    const name = names[option] ?? option
    if (mb === undefined) continue
    checkNumberOption(name, mb, HEAP_MB)
    if (mb <= lowestMb) throw invalidOption(name, `more than ${lowest}, ${lowestMb}`, mb)
    ;[lowestMb, lowest] = [mb, name]
  }
}

/** What is left out gives way to what is given. */
function heldThresholds(
  limits: MemoryLimitConfig,
  pressure: PressureGaugeOptions,
  heapLimitMb: number,
): HeldThresholds | undefined {
  const { maxHeapMb, warningThresholdMb, gcPressureThresholdMb, criticalThresholdMb } = limits
  if (maxHeapMb === undefined && THRESHOLDS.every((name) => limits[name] === undefined)) return undefined
  const { moderatePercent, highPercent, criticalPercent } = resolveLevelPercents(pressure)
  const baseMb = maxHeapMb ?? heapLimitMb
  const usual = (percent: number): number => (baseMb * percent) / 100
  const highest = criticalThresholdMb ?? maxHeapMb ?? Number.POSITIVE_INFINITY
  const moderateMb = warningThresholdMb ?? Math.min(usual(moderatePercent), gcPressureThresholdMb ?? highest)
  const highMb = gcPressureThresholdMb ?? Math.min(Math.max(usual(highPercent), moderateMb), highest)
  const criticalMb = criticalThresholdMb ?? Math.min(Math.max(usual(criticalPercent), highMb), maxHeapMb ?? highest)
  return { moderateMb, highMb, criticalMb, maxMb: Math.max(baseMb, criticalMb) }
}
