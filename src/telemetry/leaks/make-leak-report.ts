import type { HeapGrowth, LeakReport } from './leak-report.ts'
import type { RiseState } from './window-watch.ts'

export const BYTES_PER_MB: number = 1024 * 1024
const MS_PER_HOUR = 3_600_000

export function toMbPerHour(bytesPerMs: number): number {
  return (bytesPerMs * MS_PER_HOUR) / BYTES_PER_MB
}

export function makeLeakReport(
  at: number,
  rise: RiseState & { readonly kind: 'rising' },
  grew: HeapGrowth,
  bytes: number,
): LeakReport {
  const { trend, growthBytes, beganAtMs } = rise
  const growthMb = growthBytes / BYTES_PER_MB
  const growthMbPerHour = toMbPerHour(trend.slopePerMs)
  const [low, high] = trend.slopeRange
  const overMs = at - beganAtMs
  return Object.freeze({
    at,
    growthMb,
    overMs,
    growthMbPerHour,
    growthMbPerHourRange: [toMbPerHour(low), toMbPerHour(high)] as const,
    confidence: 1 - trend.riseChance,
    memoryMb: bytes / BYTES_PER_MB,
    grew,
    message: messageOf(growthMb, overMs, growthMbPerHour, grew),
  })
}

/** A site is named where it made at least this share of the growth. Of what lies outside of the heap, none is known. */
const NAMED_SHARE = 0.1

function messageOf(growthMb: number, overMs: number, mbPerHour: number, { kinds, sites }: HeapGrowth): string {
  const kind = kinds[0]?.kind ?? 'objects'
  const most = sites[0]
  const isNamed = most !== undefined && most.growthBytes >= NAMED_SHARE * growthMb * BYTES_PER_MB
  const where = isNamed ? `, most allocated by ${most.site.functionName} (${most.site.url}:${most.site.line})` : ''
  const minutes = overMs / 60_000
  const time = minutes < 2 ? `${(overMs / 1000).toFixed(0)} s` : `${minutes.toFixed(0)} minutes`
  const growth = `${growthMb.toFixed(1)} MB in ${time} (${mbPerHour.toFixed(1)} MB per hour)`
  return `Memory after full collections grew by ${growth}: mostly ${kind}${where}`
}
