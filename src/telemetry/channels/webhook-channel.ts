import { createHmac } from 'node:crypto'
import { invalidOption } from '../../lib/check-options.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { AlertNotice, AlertSeverity } from '../alerts/alert.ts'
import type { AlertChannel } from '../alerts/alert-channel.ts'
import { noticeText } from '../alerts/notice-text.ts'
import { checkChannelOptions } from './check-channel-options.ts'
import { postJson } from './post-json.ts'
import { WEB_TARGET_NAMES, type WebTargetOptions, webTarget } from './web-target.ts'

/** Options of {@link webhookChannel}. */
export interface WebhookChannelOptions extends WebTargetOptions {
  /** "whsec_" and 24 to 64 random bytes in base64, known to the receiver too. */
  readonly secret: string
  /** @default "webhook" */
  readonly name?: string
  /** @default "warning" */
  readonly minSeverity?: AlertSeverity
  readonly clock?: Clock
}

/**
 * Posts each notice as JSON, signed as Standard Webhooks 1.0 (standardwebhooks.com) has it: `webhook-id` stays the same
 * over all attempts, `webhook-timestamp` is of the attempt, and `webhook-signature` is an HMAC-SHA256 over both and the body.
 *
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function webhookChannel(options: WebhookChannelOptions): AlertChannel {
  checkChannelOptions('webhook', options, [...WEB_TARGET_NAMES, 'secret', 'name', 'clock'])
  const { name = 'webhook', minSeverity = 'warning', clock = systemClock } = options
  const target = webTarget(options)
  const key = keyOf(options.secret)
  return Object.freeze({
    name,
    minSeverity,
    async send(notice: AlertNotice, signal: AbortSignal): Promise<void> {
      const body = JSON.stringify(webhookBody(notice))
      const id = `msg_${notice.alert.id}_${notice.event}_${notice.at}`
      const timestamp = String(Math.floor(clock.now() / 1_000))
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
      }
      await postJson(name, target, body, headers, signal)
    },
  })
}

/** What a webhook receives. */
export interface WebhookBody {
  readonly type: `memory.alert.${AlertNotice['event']}`
  /** When it happened, in ISO 8601. */
  readonly timestamp: string
  readonly text: string
  readonly data: Omit<AlertNotice, 'event' | 'at'>
}

function webhookBody(notice: AlertNotice): WebhookBody {
  const { event, at, ...data } = notice
  return { type: `memory.alert.${event}`, timestamp: new Date(at).toISOString(), text: noticeText(notice), data }
}

const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/

function keyOf(secret: unknown): Buffer {
  const [, encoded = ''] = typeof secret === 'string' ? (SECRET.exec(secret) ?? []) : []
  const key = Buffer.from(encoded, 'base64')
  if (key.length >= 24 && key.length <= 64) return key
  throw invalidOption('secret', '"whsec_" and 24 to 64 bytes in base64', secret)
}
