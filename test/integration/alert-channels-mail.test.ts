import { inspect } from 'node:util'
import nodemailer from 'nodemailer'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../emulators/free-port.ts'
import { until } from '../../emulators/until.ts'
import type { AlertNotice } from '../../src/telemetry/alerts/alert.ts'
import type { ChannelStats } from '../../src/telemetry/alerts/alert-channel.ts'
import { Alerts } from '../../src/telemetry/alerts/alerts.ts'
import type { AlertsOptions } from '../../src/telemetry/alerts/alerts-options.ts'
import { type EmailChannelOptions, emailChannel } from '../../src/telemetry/channels/email-channel.ts'
import { environmentChannels } from '../../src/telemetry/channels/environment-channels.ts'
import { failingStore, SOURCE } from '../telemetry/alerts/findings.ts'
import { PASSWORD, startMailReceiver, USER } from '../telemetry/channels/mail-receiver.ts'
import { startSilentServer } from '../telemetry/channels/silent-server.ts'
import { CERTIFICATE } from '../telemetry/channels/web-receiver.ts'

const PLACE = { from: 'memory@example.com', to: 'on-call@example.com' }
const LOGIN = `${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}@`
/** nodemailer gives up by itself after 10 s. */
const BEFORE_OWN_LIMITS_MS = 5_000
const SECRETS = /hidden|w%23rd/

const url = (protocol: string, port: number, login = ''): string => `${protocol}://${login}localhost:${port}`

/** Raises an alert and says what became of it. */
async function tell(
  options: Partial<EmailChannelOptions>,
  { subject = 'redis', ...more }: Partial<AlertsOptions> & { readonly subject?: string } = {},
): Promise<ChannelStats> {
  const channel = emailChannel({ ...PLACE, ca: CERTIFICATE, ...options })
  const alerts = new Alerts({ source: SOURCE, channels: [channel], retryDelayMs: 1, ...more })
  alerts.raise(failingStore(subject))
  await alerts.flush(30_000)
  await alerts.close()
  const stats = alerts.getStats()
  expect(inspect([stats, channel, alerts], { depth: 9, showHidden: true })).not.toMatch(SECRETS)
  return stats.channels[0]!
}

describe('a mail is taken', () => {
  it('after STARTTLS and a login', async () => {
    await using server = await startMailReceiver()
    expect(await tell({ url: url('smtp', server.port, LOGIN) })).toMatchObject({ sent: 1, failed: 0 })
    expect(server.received).toMatchObject([
      { from: PLACE.from, to: [PLACE.to], isEncrypted: true, user: USER, raw: expect.stringContaining('Store redis') },
    ])
    await until('the connection is closed', async () => server.openConnections() === 0)
  })

  it('with TLS from the first byte', async () => {
    await using server = await startMailReceiver({ secure: true })
    expect(await tell({ url: url('smtps', server.port, LOGIN) })).toMatchObject({ sent: 1, failed: 0 })
    expect(server.received).toMatchObject([{ isEncrypted: true, user: USER }])
  })

  it('by an address that the certificate names', async () => {
    await using server = await startMailReceiver()
    expect(await tell({ url: `smtp://127.0.0.1:${server.port}` })).toMatchObject({ sent: 1 })
    expect(server.received).toMatchObject([{ isEncrypted: true }])
  })

  it('in clear only where that was allowed', async () => {
    await using server = await startMailReceiver({ isPlain: true })
    const place = url('smtp', server.port, LOGIN)
    expect(await tell({ url: place })).toMatchObject({
      failed: 1,
      lastError: 'Cannot send alert to email: the mail was not taken (ETLS)',
    })
    expect(server.received).toEqual([])
    expect(server.logins).toEqual([])
    expect(await tell({ url: place, requireTls: false })).toMatchObject({ sent: 1 })
    expect(server.received).toMatchObject([{ isEncrypted: false, user: USER }])
  })

  it('for several people, also where one is refused', async () => {
    await using server = await startMailReceiver({ refusedRecipient: 'gone@example.com' })
    const to = ['a@example.com', 'gone@example.com', 'b@example.com']
    expect(await tell({ url: url('smtp', server.port), to })).toMatchObject({ sent: 1 })
    expect(server.received).toMatchObject([{ to: ['a@example.com', 'b@example.com'] }])
  })

  it('by the transporter of the caller, which stays open', async () => {
    await using server = await startMailReceiver()
    const transport = nodemailer.createTransport({
      pool: true,
      host: 'localhost',
      port: server.port,
      tls: { ca: CERTIFICATE },
    })
    const channel = emailChannel({ ...PLACE, transport })
    await using alerts = new Alerts({ source: SOURCE, channels: [channel] })
    alerts.raise(failingStore('redis'))
    await alerts.close()
    expect(server.received).toHaveLength(1)
    expect(server.openConnections()).toBe(1)
    transport.close()
  })

  it('by the server that the environment names', async () => {
    await using server = await startMailReceiver({ isPlain: true })
    const EMAIL_SERVICE_API = url('smtp', server.port, LOGIN)
    const channels = environmentChannels({ EMAIL_SERVICE_API }, PLACE)
    await using alerts = new Alerts({ source: SOURCE, channels, sendAttempts: 1 })
    alerts.raise(failingStore('redis'))
    await alerts.flush(30_000)
    // Reached, and refused as it offers no encryption: the environment can't turn that off.
    expect(alerts.getStats().channels).toMatchObject([{ name: 'email', lastError: expect.stringContaining('(ETLS)') }])
    expect(inspect(alerts.getStats())).not.toMatch(SECRETS)
  })
})

describe('a mail is not taken', () => {
  it.each(['smtp', 'smtps'])(
    'where the certificate is not trusted, by %s, and says how to trust it',
    async (protocol) => {
      await using server = await startMailReceiver({ secure: protocol === 'smtps' })
      const channel = emailChannel({ ...PLACE, url: url(protocol, server.port, LOGIN) })
      await using alerts = new Alerts({ source: SOURCE, channels: [channel] })
      alerts.raise(failingStore('redis'))
      await alerts.flush(30_000)
      expect(alerts.getStats().channels).toMatchObject([
        {
          failed: 1,
          lastError:
            'Cannot send alert to email: the certificate of the server is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT): ' +
            "give its authority's certificate as option ca, or to Node by NODE_EXTRA_CA_CERTS",
        },
      ])
      expect(server.logins).toEqual([])
      expect(server.received).toEqual([])
    },
  )

  it('where the login is refused, which is tried once', async () => {
    await using server = await startMailReceiver()
    const place = url('smtp', server.port, `${encodeURIComponent(USER)}:hidden@`)
    expect(await tell({ url: place })).toMatchObject({
      failed: 1,
      lastError: 'Cannot send alert to email: the mail was not taken (EAUTH)',
    })
    expect(server.logins).toEqual([USER])
  })

  it.each([
    [451, 3],
    [554, 1],
  ])('where the server says %d after it, which is tried %d times', async (status, attempts) => {
    await using server = await startMailReceiver({ status })
    expect(await tell({ url: url('smtp', server.port) })).toMatchObject({
      failed: 1,
      lastError: 'Cannot send alert to email: the mail was not taken (EMESSAGE)',
    })
    expect(server.received).toHaveLength(attempts)
  })

  it('where all recipients are refused', async () => {
    await using server = await startMailReceiver({ refusedRecipient: PLACE.to })
    expect(await tell({ url: url('smtp', server.port) })).toMatchObject({ failed: 1, sent: 0 })
  })

  it('where nothing listens', async () => {
    const port = await freePort()
    expect(await tell({ url: url('smtp', port, LOGIN) })).toMatchObject({
      failed: 1,
      lastError: 'Cannot send alert to email: the mail was not taken (ESOCKET)',
    })
  })

  it.each([
    ['never greets', { isSilent: true }],
    ['never answers to the mail', { hangsAfterData: true }],
  ])('by a server that %s: it is hung up on at the deadline', async (_, options) => {
    await using server = await startMailReceiver(options)
    const stats = await tell({ url: url('smtp', server.port) }, { sendTimeoutMs: 1_000, sendAttempts: 1 })
    expect(stats).toMatchObject({
      failed: 1,
      waiting: 0,
      lastError: 'Cannot send alert to email: no answer within 1000 ms',
    })
    await until('the connection is closed', async () => server.openConnections() === 0, BEFORE_OWN_LIMITS_MS)
  })

  it('by a server that talks on without an end: it is hung up on at the deadline', async () => {
    await using server = await startSilentServer((socket) => {
      const timer = setInterval(() => socket.write('220-one moment\r\n'), 50)
      socket.on('close', () => clearInterval(timer))
    })
    const stats = await tell({ url: url('smtp', server.port) }, { sendTimeoutMs: 1_000, sendAttempts: 1 })
    expect(stats).toMatchObject({ failed: 1 })
    await until('the connection is closed', async () => server.openConnections() === 0, BEFORE_OWN_LIMITS_MS)
  })
})

describe('an error of the channel', () => {
  it.each([
    ['a refused login', {}],
    ['another protocol', { secure: true }],
    ['no encryption', { isPlain: true }],
  ])('holds no password, even in its causes: %s', async (_, options) => {
    await using server = await startMailReceiver(options)
    const place = url('smtp', server.port, `${encodeURIComponent(USER)}:hidden@`)
    const channel = emailChannel({ ...PLACE, ca: CERTIFICATE, url: place })
    const told: AlertNotice[] = []
    await using alerts = new Alerts({ source: SOURCE, onNotice: (notice) => told.push(notice) })
    alerts.raise(failingStore('redis'))
    const error = await channel.send(told[0]!, AbortSignal.timeout(5_000)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ALERT_NOT_SENT' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/hidden|aGlkZGVu/)
  })
})

describe('the text of a mail', () => {
  it('can add no header, no recipient and no second mail', async () => {
    await using server = await startMailReceiver()
    const subject = 'redis\r\nBcc: all@example.com\r\n\r\n<h1>\r\n.\r\nMAIL FROM:<evil@example.com>\u0000\u2028é'
    expect(await tell({ url: url('smtp', server.port) }, { subject })).toMatchObject({ sent: 1 })
    const [mail = expect.fail('nothing came'), ...others] = server.received
    expect(others).toEqual([])
    expect(mail.to).toEqual([PLACE.to])
    const [head = ''] = mail.raw.split('\r\n\r\n')
    const names = head.split(/\r\n(?!\s)/).map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
    expect(names.toSorted()).toEqual([
      'auto-submitted',
      'content-transfer-encoding',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
      'x-thermocline-alert',
    ])
    expect(head).toMatch(/^Content-Type: text\/plain/im)
  })

  it('may hold a line that is only a dot', async () => {
    await using server = await startMailReceiver()
    const channel = emailChannel({ ...PLACE, ca: CERTIFICATE, url: url('smtp', server.port) })
    await using alerts = new Alerts({ source: SOURCE, channels: [channel] })
    alerts.raise({ ...failingStore('redis'), message: '.' })
    await alerts.flush(30_000)
    expect(server.received[0]?.raw).toMatch(/\r\n\r\n\.\r\n\r\nService: .*\r\nSince: /s)
  })
})
