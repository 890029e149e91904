import { type MailTransport, type NodemailerSlice, type SmtpSettings, smtpTransport } from '../../clients/nodemailer.ts'
import { isThermoclineError } from '../../errors.ts'
import { invalidOption } from '../../lib/check-options.ts'
import { oneLine } from '../../lib/one-line.ts'
import type { AlertNotice, AlertSeverity } from '../alerts/alert.ts'
import type { AlertChannel } from '../alerts/alert-channel.ts'
import { notSent } from '../alerts/not-sent.ts'
import { noticeText } from '../alerts/notice-text.ts'
import { checkChannelOptions } from './check-channel-options.ts'
import { connectionFault } from './connection-fault.ts'

/** Options of {@link emailChannel}: `url` or `transport`, not both. */
export interface EmailChannelOptions {
  /** An SMTP server: "smtps://user:password@host:465", or "smtp://…:587" for one that changes to TLS by STARTTLS. Needs nodemailer. */
  readonly url?: string
  /** A transporter of nodemailer, or what works like one. It isn't closed with the channel. */
  readonly transport?: MailTransport
  readonly from: string
  readonly to: string | readonly string[]
  /** False sends mails and the password in clear where a server has no STARTTLS. @default true */
  readonly requireTls?: boolean
  /** Certificates to trust, in PEM, in place of those that Node trusts. Of `url` only. */
  readonly ca?: string
  /** @default "warning" */
  readonly minSeverity?: AlertSeverity
  /** Where nodemailer comes from. @default the installed package */
  readonly load?: () => Promise<NodemailerSlice>
}

/** The usual deadline of a channel, for versions of nodemailer that don't know the signal. */
const SMTP_TIMEOUT_MS = 10_000
const MAX_SUBJECT = 200

/**
 * Sends each notice as a mail in plain text.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function emailChannel(options: EmailChannelOptions): AlertChannel {
  checkChannelOptions('email', options, ['url', 'transport', 'from', 'to', 'requireTls', 'ca', 'load'])
  const { url, transport: given, load, minSeverity = 'warning' } = options
  const name = 'email'
  const from = address('from', options.from)
  const to = (Array.isArray(options.to) ? options.to : [options.to]).map((one) => address('to', one))
  if (to.length === 0) throw invalidOption('to', 'at least one address', options.to)
  if ((url === undefined) === (given === undefined)) throw invalidOption('url', 'either url or transport', url)
  const settings = url === undefined ? undefined : smtpSettings(url, options)
  let made: Promise<MailTransport> | undefined

  async function transport(): Promise<MailTransport> {
    if (settings === undefined) return given!
    made ??= smtpTransport(settings, load)
    try {
      return await made
    } catch (error) {
      made = undefined
      throw error
    }
  }

  return Object.freeze({
    name,
    minSeverity,
    async send(notice: AlertNotice, signal: AbortSignal): Promise<void> {
      const headers = { 'X-Thermocline-Alert': notice.alert.id, 'Auto-Submitted': 'auto-generated' }
      const mail = { from, to, subject: subjectOf(notice), text: textOf(notice), headers, signal }
      try {
        await (await transport()).sendMail(mail)
      } catch (cause) {
        if (isThermoclineError(cause, 'PEER_MISSING')) throw cause
        const { reason, mayRetry } = connectionFault('the mail was not taken', cause)
        throw notSent(name, reason, { mayRetry: mayRetry && !isFinal(cause), cause })
      }
    },
    async close(): Promise<void> {
      const transporter = await made?.catch(() => undefined)
      transporter?.close?.()
    },
  })
}

function smtpSettings(given: string, { requireTls = true, ca }: EmailChannelOptions): SmtpSettings {
  const expected = 'smtps://user:password@host:465 or smtp://user:password@host:587'
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined
  const isSmtp = url?.protocol === 'smtp:' || url?.protocol === 'smtps:'
  if (url === undefined || !isSmtp || url.hostname === '' || hasMore(url)) throw invalidOption('url', expected, given)
  const secure = url.protocol === 'smtps:'
  return Object.freeze({
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: requireTls,
    ...(url.username === '' ? {} : { auth: { user: decoded(url.username), pass: decoded(url.password) } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    connectionTimeout: SMTP_TIMEOUT_MS,
    greetingTimeout: SMTP_TIMEOUT_MS,
    socketTimeout: SMTP_TIMEOUT_MS,
    dnsTimeout: SMTP_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** Settings in a query could turn off what is checked here; "#" or "/" in a password would end the host before it began. */
function hasMore({ pathname, search, hash }: URL): boolean {
  return (pathname !== '' && pathname !== '/') || search !== '' || hash !== ''
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw invalidOption('url', 'a user and password that are encoded for a URL', part)
  }
}

function address(name: string, value: unknown): string {
  if (typeof value === 'string' && value.includes('@') && value === oneLine(value)) return value
  throw invalidOption(name, 'a mail address in one line', value)
}

function subjectOf(notice: AlertNotice): string {
  const { alert, event, source } = notice
  const title = event === 'recovered' ? 'recovered' : alert.severity
  return oneLine(`[${title}] ${source.serviceName}: ${alert.message}`).slice(0, MAX_SUBJECT)
}

function textOf(notice: AlertNotice): string {
  const { alert, source } = notice
  return [
    noticeText(notice),
    '',
    `Service:  ${oneLine(source.serviceName)} (${oneLine(source.instance)})`,
    `Kind:     ${alert.kind}${alert.subject === '' ? '' : ` (${oneLine(alert.subject)})`}`,
    `Severity: ${alert.severity}, at worst ${alert.worst}`,
    `Since:    ${new Date(alert.since).toISOString()}, found ${alert.times} ${alert.times === 1 ? 'time' : 'times'}`,
    '',
  ].join('\n')
}

/** Answers of 5xx are final (RFC 5321, 4.2.1), and so is a refused login. */
function isFinal(error: unknown): boolean {
  const status: unknown = error instanceof Error ? Reflect.get(error, 'responseCode') : undefined
  return typeof status === 'number' && status >= 500
}
