import { checkNames } from '../../lib/check-names.ts'
import { checkNumberOption, checkWordOption, invalidOption, type NumberRange } from '../../lib/check-options.ts'
import type { Clock } from '../../lib/clock.ts'
import type { AlertNotice, AlertSource } from './alert.ts'
import type { AlertChannel } from './alert-channel.ts'

/** Options of {@link Alerts}. */
export interface AlertsOptions {
  readonly source: AlertSource
  /** @default [] */
  readonly channels?: readonly AlertChannel[]
  /** Called for each notice, before any channel. What it throws is counted as a failed notice, and goes no further. */
  readonly onNotice?: (notice: AlertNotice) => void
  /** Time after which an alert that lasts is told again, in milliseconds. 0: never. @default 3_600_000 */
  readonly reminderMs?: number
  /** Times that an alert of one kind and subject may be told in a row, before `refillMs` limits it. @default 3 */
  readonly burst?: number
  /** Time until one more may be told, in milliseconds. @default 300_000 */
  readonly refillMs?: number
  /** Ended alerts that are kept. @default 100 */
  readonly maxHistory?: number
  /** Alerts that last at one time; further ones are counted only. @default 100 */
  readonly maxAlerts?: number
  /** Notices that wait for a channel; beyond it, the oldest is dropped. @default 100 */
  readonly maxWaiting?: number
  /** Time for one attempt to send, in milliseconds. @default 10_000 */
  readonly sendTimeoutMs?: number
  /** Attempts for each notice. @default 3 */
  readonly sendAttempts?: number
  /** Pause before the second attempt, in milliseconds; doubled before each further one. @default 2_000 */
  readonly retryDelayMs?: number
  readonly clock?: Clock
}

export const ALERTS_DEFAULTS: Readonly<{
  reminderMs: number
  burst: number
  refillMs: number
  maxHistory: number
  maxAlerts: number
  maxWaiting: number
  sendTimeoutMs: number
  sendAttempts: number
  retryDelayMs: number
}> = Object.freeze({
  reminderMs: 3_600_000,
  burst: 3,
  refillMs: 300_000,
  maxHistory: 100,
  maxAlerts: 100,
  maxWaiting: 100,
  sendTimeoutMs: 10_000,
  sendAttempts: 3,
  retryDelayMs: 2_000,
})

const RANGES: Readonly<Record<keyof typeof ALERTS_DEFAULTS, NumberRange>> = {
  reminderMs: [0, Number.MAX_SAFE_INTEGER, false],
  burst: [1, 1_000, true],
  refillMs: [1, Number.MAX_SAFE_INTEGER, false],
  maxHistory: [0, 100_000, true],
  maxAlerts: [1, 100_000, true],
  maxWaiting: [1, 100_000, true],
  sendTimeoutMs: [1, 600_000, false],
  sendAttempts: [1, 20, true],
  retryDelayMs: [0, 600_000, false],
}

const NAMES = [...Object.keys(ALERTS_DEFAULTS), 'source', 'channels', 'onNotice', 'clock']

/** A channel that is none would be found out when an alert doesn't come. */
function checkChannels(channels: unknown): void {
  if (!Array.isArray(channels)) throw invalidOption('channels', 'an array of channels', channels)
  for (const [index, channel] of channels.entries()) {
    const name = `channels[${index}]`
    const isChannel =
      typeof channel === 'object' &&
      channel !== null &&
      typeof channel.name === 'string' &&
      typeof channel.send === 'function'
    if (!isChannel) throw invalidOption(name, 'a channel, such as logChannel()', channel)
    checkWordOption(`${name}.minSeverity`, channel.minSeverity, ['warning', 'critical'])
  }
}

/** @throws ThermoclineError `INVALID_OPTION` */
export function checkAlertsOptions(options: AlertsOptions): void {
  checkNames('INVALID_OPTION', 'Cannot use options of alerts', options, NAMES)
  if (options.channels !== undefined) checkChannels(options.channels)
  for (const [name, range] of Object.entries(RANGES)) {
    const value: unknown = Reflect.get(options, name)
    if (value !== undefined) checkNumberOption(name, value, range)
  }
}
