import type { PressureOptions } from './memory-limit-config.ts'
import { heldScale } from './pressure/held-scale.ts'
import { resolveLevelPercents } from './pressure/level-percents.ts'
import type { MemoryLimits } from './process/memory-limits.ts'

const MB = 1024 * 1024

/** Of the nearest limit, with those in MB where levels of their own begin. */
export function percentReader(limits: MemoryLimits, { held, gauge }: PressureOptions): () => number {
  if (held === undefined) return () => limits.read().percentUsed
  const percentOf = heldScale(held, resolveLevelPercents(gauge))
  return () => {
    const { limits: all, heldBytes } = limits.read()
    const others = all.filter(({ kind }) => kind !== 'soft').map(({ percent }) => percent)
    return Math.max(percentOf(heldBytes / MB), ...others)
  }
}
