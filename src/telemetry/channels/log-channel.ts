import { checkFunctionOption } from '../../lib/check-options.ts'
import type { AlertNotice, AlertSeverity } from '../alerts/alert.ts'
import type { AlertChannel } from '../alerts/alert-channel.ts'
import { noticeText } from '../alerts/notice-text.ts'
import { checkChannelOptions } from './check-channel-options.ts'

export type LogLevel = 'INFO' | 'WARN' | 'ERROR'

/** Where log lines go. */
export type LogSink = (level: LogLevel, text: string) => unknown

/** Options of {@link logChannel}. */
export interface LogChannelOptions {
  /** @default lines such as "WARN - Memory limit exceeded: …" on standard error */
  readonly sink?: LogSink
  /** @default "warning" */
  readonly minSeverity?: AlertSeverity
}

/** Standard output may carry a protocol or piped results, so lines go to standard error. */
export const standardErrorSink: LogSink = (level, text) => {
  process.stderr.write(`${level} - ${text}\n`)
}

/**
 * Writes each notice as one line.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function logChannel(options: LogChannelOptions = {}): AlertChannel {
  checkChannelOptions('log', options, ['sink'])
  checkFunctionOption('sink', options.sink)
  const { sink = standardErrorSink, minSeverity = 'warning' } = options
  return Object.freeze({
    name: 'log',
    minSeverity,
    async send(notice: AlertNotice): Promise<void> {
      await sink(levelOf(notice), noticeText(notice))
    },
  })
}

const LEVELS: Readonly<Record<AlertSeverity, LogLevel>> = { warning: 'WARN', critical: 'ERROR' }

function levelOf({ event, alert }: AlertNotice): LogLevel {
  if (event === 'recovered') return 'INFO'
  // What critical pressure means for the program is an error of its own, told by `memoryPressure`.
  return alert.kind === 'memoryUsage' ? 'WARN' : LEVELS[alert.severity]
}
