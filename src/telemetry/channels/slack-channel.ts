import { oneLine } from '../../lib/one-line.ts'
import type { AlertNotice, AlertSeverity } from '../alerts/alert.ts'
import type { AlertChannel } from '../alerts/alert-channel.ts'
import { noticeText } from '../alerts/notice-text.ts'
import { checkChannelOptions } from './check-channel-options.ts'
import { postJson } from './post-json.ts'
import { WEB_TARGET_NAMES, type WebTargetOptions, webTarget } from './web-target.ts'

/** Options of {@link slackChannel}; `url` is that of an incoming webhook of Slack, which is a secret by itself. */
export interface SlackChannelOptions extends WebTargetOptions {
  /** @default "warning" */
  readonly minSeverity?: AlertSeverity
}

/**
 * Posts each notice to a channel of Slack, or of what understands its incoming webhooks.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function slackChannel(options: SlackChannelOptions): AlertChannel {
  const name = 'slack'
  checkChannelOptions(name, options, WEB_TARGET_NAMES)
  const target = webTarget(options)
  return Object.freeze({
    name,
    minSeverity: options.minSeverity ?? 'warning',
    async send(notice: AlertNotice, signal: AbortSignal): Promise<void> {
      await postJson(name, target, JSON.stringify({ text: slackText(notice) }), {}, signal)
    },
  })
}

function slackText(notice: AlertNotice): string {
  const { alert, event, source } = notice
  const title = event === 'recovered' ? 'recovered' : alert.severity
  return `*[${title}] ${escapeSlack(oneLine(source.serviceName))}* (${escapeSlack(oneLine(source.instance))})\n${escapeSlack(noticeText(notice))}`
}

// The three characters that Slack's text format gives a meaning, which would let a name ping a whole channel: <!channel>.
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
