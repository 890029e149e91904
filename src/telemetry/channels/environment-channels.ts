import { isThermoclineError, ThermoclineError } from '../../errors.ts'
import type { AlertChannel } from '../alerts/alert-channel.ts'
import { emailChannel } from './email-channel.ts'
import { slackChannel } from './slack-channel.ts'

/** Between whom alerts by mail go. */
export interface MailAddresses {
  readonly from: string
  readonly to: string | readonly string[]
}

/**
 * The channels that the environment asks for: Slack where `SLACK_WEBHOOK_URL` is set, and mail where `EMAIL_SERVICE_API`
 * is, which holds the URL of an SMTP server. An empty variable counts as none.
 *
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function environmentChannels(
  env: Readonly<Record<string, string | undefined>>,
  mail?: MailAddresses,
): readonly AlertChannel[] {
  const { SLACK_WEBHOOK_URL: slack, EMAIL_SERVICE_API: smtp } = env
  const channels: AlertChannel[] = []
  if (slack) channels.push(fromVariable('SLACK_WEBHOOK_URL', () => slackChannel({ url: slack })))
  if (smtp) {
    channels.push(
      fromVariable('EMAIL_SERVICE_API', () => {
        if (mail === undefined) throw new ThermoclineError('INVALID_OPTION', 'it needs addresses to send from and to')
        return emailChannel({ ...mail, url: smtp })
      }),
    )
  }
  return channels
}

/** Names the variable, since whoever reads the message never wrote the option. */
function fromVariable(name: string, make: () => AlertChannel): AlertChannel {
  try {
    return make()
  } catch (cause) {
    if (!isThermoclineError(cause, 'INVALID_OPTION')) throw cause
    throw new ThermoclineError('INVALID_OPTION', `Cannot use ${name}: ${cause.message}`, { cause, details: { name } })
  }
}
