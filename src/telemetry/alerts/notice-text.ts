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

/** Control characters could forge log lines and headers. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it looks for
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
  return line.length <= MAX_LINE ? line : `${line.slice(0, MAX_LINE)}…`
}

const MAX_LINE = 1_000

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
