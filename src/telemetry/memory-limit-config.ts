import { checkNames } from '../lib/check-names.ts'
import { checkNumberOption, checkWordOption, invalidOption, type NumberRange } from '../lib/check-options.ts'
import type { PressureGaugeOptions } from './pressure/gauge.ts'
import type { PressureResponseOptions } from './pressure/response.ts'

/** Limits of the heap in MB (2^20 bytes): where percentages refer to, and from where on a level of pressure begins. */
export interface MemoryLimitConfig {
  /**
   * For the heap and what it holds outside of it; percentages refer to it where it is nearer than V8's own limit and the
   * container's. @default none: those alone
   */
  readonly maxHeapMb?: number
  /** Pressure is moderate from here. @default 75 % of the limit */
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
  readonly gauge: PressureGaugeOptions
  readonly response: PressureResponseOptions
}

interface Given {
  readonly limits?: MemoryLimitConfig | undefined
  readonly pressure?: PressureGaugeOptions | undefined
  readonly pressureResponse?: PressureResponseOptions | undefined
}

type Percent = Exclude<keyof PressureGaugeOptions, 'hysteresis'>

const PERCENT_OF: Readonly<Record<Exclude<keyof MemoryLimitConfig, 'maxHeapMb' | 'enableGcPressure'>, Percent>> = {
  warningThresholdMb: 'moderatePercent',
  gcPressureThresholdMb: 'highPercent',
  criticalThresholdMb: 'criticalPercent',
}
const THRESHOLDS = Object.keys(PERCENT_OF) as (keyof typeof PERCENT_OF)[]
const HEAP_MB: NumberRange = [1, 1_048_576, false]

/**
 * Makes percentages of megabytes. One setting in two places is refused: nobody could tell which one is meant.
 * @param heapLimitMb V8's own, which thresholds refer to where no other is given
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function resolvePressureOptions(given: Given, heapLimitMb: number): PressureOptions {
  const { limits = {}, pressure = {}, pressureResponse = {} } = given
  checkNames('INVALID_OPTION', 'Cannot use limits', limits, ['maxHeapMb', 'enableGcPressure', ...THRESHOLDS])
  const { maxHeapMb, enableGcPressure } = limits
  if (maxHeapMb !== undefined) checkNumberOption('maxHeapMb', maxHeapMb, HEAP_MB)
  const [base, baseName] = maxHeapMb === undefined ? [heapLimitMb, "V8's limit"] : [maxHeapMb, 'maxHeapMb']
  const percents: { [name in Percent]?: number } = {}
  for (const name of THRESHOLDS) {
    const mb = limits[name]
    if (mb === undefined) continue
    checkNumberOption(name, mb, HEAP_MB)
    if (mb >= base) throw invalidOption(name, `less than ${baseName}, ${Math.floor(base)}`, mb)
    const percent = PERCENT_OF[name]
    if (pressure[percent] !== undefined) throw invalidOption(name, `only one of it and pressure.${percent}`, mb)
    percents[percent] = (100 * mb) / base
  }
  if (enableGcPressure !== undefined) {
    checkWordOption('enableGcPressure', enableGcPressure, [true, false])
    if (pressureResponse.enableGcPressure !== undefined) {
      throw invalidOption('enableGcPressure', 'only one of limits and pressureResponse', enableGcPressure)
    }
  }
  return {
    maxHeapMb,
    gauge: { ...pressure, ...percents },
    response: { ...pressureResponse, ...(enableGcPressure !== undefined && { enableGcPressure }) },
  }
}
