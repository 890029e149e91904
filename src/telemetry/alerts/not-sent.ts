import { isThermoclineError, ThermoclineError } from '../../errors.ts'

/** Why a notice wasn't sent, and whether another attempt may do it. */
export interface NotSentFacts {
  readonly mayRetry: boolean
  /** What the other side asked to wait, in milliseconds. */
  readonly retryAfterMs?: number
  readonly status?: number
  readonly cause?: unknown
}

/** @param channel its name; addresses and texts of errors may hold secrets, so they are left out of messages */
export function notSent(channel: string, reason: string, { cause, ...facts }: NotSentFacts): ThermoclineError {
  return new ThermoclineError('ALERT_NOT_SENT', `Cannot send alert to ${channel}: ${reason}`, {
    details: { channel, ...facts },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Milliseconds to wait at least, or undefined where another attempt would change nothing. */
export function retryAfterMs(error: unknown): number | undefined {
  if (!isThermoclineError(error, 'ALERT_NOT_SENT') || error.details.mayRetry !== true) return undefined
  const { retryAfterMs } = error.details
  return typeof retryAfterMs === 'number' ? retryAfterMs : 0
}
