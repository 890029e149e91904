import { invalidOption } from '../../lib/check-options.ts'
import type { AlertNotice, AlertSeverity } from '../alerts/alert.ts'
import type { AlertChannel } from '../alerts/alert-channel.ts'
import { checkChannelOptions } from './check-channel-options.ts'

/** Options of {@link callbackChannel}. */
export interface CallbackChannelOptions {
  /** @default "callback" */
  readonly name?: string
  /** @default "warning" */
  readonly minSeverity?: AlertSeverity
}

/**
 * Calls a function for each notice, one after the other. It is called once: what it rejects with isn't tried again.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function callbackChannel(
  callback: (notice: AlertNotice, signal: AbortSignal) => void | Promise<void>,
  options: CallbackChannelOptions = {},
): AlertChannel {
  checkChannelOptions('callback', options, ['name'])
  if (typeof callback !== 'function') throw invalidOption('callback', 'a function', callback)
  const { name = 'callback', minSeverity = 'warning' } = options
  return Object.freeze({
    name,
    minSeverity,
    async send(notice: AlertNotice, signal: AbortSignal): Promise<void> {
      await callback(notice, signal)
    },
  })
}
