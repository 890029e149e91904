import { oneLine } from '../../lib/one-line.ts'
import type { AlertNotice } from './alert.ts'

/** One line about a notice, without the severity: "Recovered after 3 min: Memory limit exceeded: …". */
export function noticeText({ event, alert, at, heldBack }: AlertNotice): string {
  const message = oneLine(alert.message)
  const lasted = duration(at - alert.since)
  const held = heldBack === 0 ? '' : ` (${heldBack} earlier ${heldBack === 1 ? 'alert' : 'alerts'} held back)`
  if (event === 'recovered') return `Recovered after ${lasted}: ${message}`
  if (event === 'reminder') return `Still after ${lasted}: ${message}`
  return message + held
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
