import { describe, expect, it } from 'vitest'
import type { MailMessage, SmtpSettings } from '../../../src/clients/nodemailer.ts'
import type { ChannelStats } from '../../../src/telemetry/alerts/alert-channel.ts'
import { Alerts } from '../../../src/telemetry/alerts/alerts.ts'
import { type EmailChannelOptions, emailChannel } from '../../../src/telemetry/channels/email-channel.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { failingStore, SOURCE, settled } from '../alerts/findings.ts'

const PLACE = { from: 'memory@example.com', to: 'on-call@example.com' }

/** Raises an alert and says what became of it. */
async function tell(options: EmailChannelOptions, subject = 'redis'): Promise<ChannelStats> {
  const clock = new ManualClock()
  const alerts = new Alerts({ source: SOURCE, channels: [emailChannel(options)], clock })
  alerts.raise(failingStore(subject))
  for (let second = 0; second < 30; second++) {
    await settled()
    clock.advance(1_000)
  }
  await alerts.close()
  return alerts.getStats().channels[0]!
}

describe('the e-mail channel', () => {
  it('sends a mail in plain text through a transport that it was given, and leaves that open', async () => {
    const mails: MailMessage[] = []
    let closed = 0
    const transport = {
      sendMail: async (mail: MailMessage) => mails.push(mail),
      close: () => {
        closed++
      },
    }
    expect(await tell({ ...PLACE, to: ['a@example.com', 'b@example.com'], transport })).toMatchObject({ sent: 1 })
    expect(mails).toMatchObject([
      {
        from: 'memory@example.com',
        to: ['a@example.com', 'b@example.com'],
        subject: '[critical] memory-service: Store redis fails',
        text: [
          'Store redis fails',
          '',
          'Service:  memory-service (host-1:42)',
          'Kind:     storeFailing (redis)',
          'Severity: critical, at worst critical',
          'Since:    2026-01-01T00:00:00.000Z, found 1 time',
          '',
        ].join('\n'),
        headers: { 'Auto-Submitted': 'auto-generated' },
      },
    ])
    expect(closed).toBe(0)
  })

  it('lets no name add a header', async () => {
    const mails: MailMessage[] = []
    const transport = { sendMail: async (mail: MailMessage) => mails.push(mail) }
    await tell({ ...PLACE, transport }, 'redis\r\nBcc: all@example.com')
    expect(mails[0]!.subject).toBe('[critical] memory-service: Store redis Bcc: all@example.com fails')
  })

  it('makes one transport out of a URL, with TLS and time limits, and closes that', async () => {
    const made: SmtpSettings[] = []
    const log: string[] = []
    const load = async () => ({
      createTransport(settings: SmtpSettings) {
        made.push(settings)
        return { sendMail: async () => log.push('sent'), close: () => void log.push('closed') }
      },
    })
    await tell({ ...PLACE, url: 'smtp://me%40example.com:p%3Ass@mail.example.com', load })
    expect(made).toMatchObject([
      {
        host: 'mail.example.com',
        port: 587,
        secure: false,
        requireTLS: true,
        auth: { user: 'me@example.com', pass: 'p:ss' },
        socketTimeout: 10_000,
      },
    ])
    expect(log).toEqual(['sent', 'closed'])
    await tell({ ...PLACE, url: 'smtps://[2001:db8::1]', load })
    expect(made[1]).toMatchObject({ host: '2001:db8::1', port: 465, secure: true })
    expect(made[1]).not.toHaveProperty('auth')
  })

  it.each([
    ['a server that is not there', { code: 'ESOCKET' }, 3, 'the mail was not taken (ESOCKET)'],
    [
      'a mailbox that is full for now',
      { code: 'EENVELOPE', responseCode: 452 },
      3,
      'the mail was not taken (EENVELOPE)',
    ],
    ['a refused login', { code: 'EAUTH', responseCode: 535 }, 1, 'the mail was not taken (EAUTH)'],
  ])('tries again only where that may help: %s', async (_, facts, attempts, message) => {
    let tried = 0
    const transport = {
      sendMail: () => {
        tried++
        return Promise.reject(Object.assign(new Error('535 me:secret'), facts))
      },
    }
    expect(await tell({ ...PLACE, transport })).toMatchObject({
      failed: 1,
      lastError: `Cannot send alert to email: ${message}`,
    })
    expect(tried).toBe(attempts)
  })

  it('says what is missing where nodemailer is not installed', async () => {
    const load = () => Promise.reject(new Error('Cannot find package'))
    const { failed, lastError } = await tell({ ...PLACE, url: 'smtps://mail.example.com', load })
    expect(failed).toBe(1)
    expect(lastError).toMatch(/^Cannot send mail: package nodemailer is not installed/)
  })

  it.each<[string, Partial<EmailChannelOptions>, RegExp]>([
    ['neither URL nor transport', {}, /option url: expected either url or transport/],
    ['another protocol', { url: 'https://mail.example.com' }, /option url: expected smtps:/],
    ['settings in the URL', { url: 'smtps://mail.example.com/?tls.rejectUnauthorized=false' }, /option url/],
    ['a password that ends the host', { url: 'smtps://me:12#hidden@mail.example.com' }, /option url/],
    ['a path', { url: 'smtps://me:12/hidden@mail.example.com' }, /option url/],
    ['a password that is not encoded', { url: 'smtps://me:p%zz@mail.example.com' }, /option url: expected a user and/],
    [
      'no word of whom to send to',
      { url: 'smtps://mail.example.com', to: undefined as never },
      /option to: expected a mail/,
    ],
    ['nobody to send to', { url: 'smtps://mail.example.com', to: [] }, /option to: expected at least one/],
    ['what is no address', { url: 'smtps://mail.example.com', to: 'on-call' }, /option to: expected a mail address/],
    ['a header in an address', { url: 'smtps://mail.example.com', from: 'a@example.com\nBcc: b' }, /option from/],
  ])('refuses %s', (_, options, message) => {
    expect(() => emailChannel({ ...PLACE, ...options })).toThrow(message)
  })
})
