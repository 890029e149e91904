import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { until } from '../../emulators/until.ts'
import type { AlertNotice } from '../../src/telemetry/alerts/alert.ts'
import type { AlertChannel, ChannelStats } from '../../src/telemetry/alerts/alert-channel.ts'
import { Alerts } from '../../src/telemetry/alerts/alerts.ts'
import type { AlertsOptions } from '../../src/telemetry/alerts/alerts-options.ts'
import { slackChannel } from '../../src/telemetry/channels/slack-channel.ts'
import type { WebTargetOptions } from '../../src/telemetry/channels/web-target.ts'
import { webhookChannel } from '../../src/telemetry/channels/webhook-channel.ts'
import { failingStore, SOURCE } from '../telemetry/alerts/findings.ts'
import { startSilentServer } from '../telemetry/channels/silent-server.ts'
import { CERTIFICATE, startReceiver, type WebFault } from '../telemetry/channels/web-receiver.ts'

const KEY = Buffer.from('hidden hidden hidden hidden hidden').toString('base64')
const SECRETS = new RegExp(`hidden|${KEY}`)
const TOKEN = '/services/T0/hidden?token=hidden'

const CHANNELS: readonly [string, (options: WebTargetOptions) => AlertChannel][] = [
  ['webhook', (options) => webhookChannel({ ...options, secret: `whsec_${KEY}` })],
  ['slack', slackChannel],
]

const place = (port: number): string => `https://localhost:${port}${TOKEN}`

/** Raises an alert and says what became of it. */
async function tell(channel: AlertChannel, options: Partial<AlertsOptions> = {}): Promise<ChannelStats> {
  const alerts = new Alerts({ source: SOURCE, channels: [channel], retryDelayMs: 1, ...options })
  alerts.raise(failingStore('redis'))
  await alerts.flush(30_000)
  await alerts.close()
  const stats = alerts.getStats()
  expect(inspect([stats, channel, alerts], { depth: 9, showHidden: true })).not.toMatch(SECRETS)
  return stats.channels[0]!
}

describe.each(CHANNELS)('the %s channel', (name, open) => {
  const channelTo = (port: number): AlertChannel =>
    open({ url: place(port), ca: CERTIFICATE, allowPrivateAddresses: true })

  it.each([301, 302, 303, 307, 308])('follows no redirect by %d', async (status) => {
    await using elsewhere = await startReceiver()
    await using receiver = await startReceiver(() => ({ status, headers: { location: elsewhere.url } }))
    expect(await tell(channelTo(receiver.port))).toMatchObject({
      failed: 1,
      lastError: `Cannot send alert to ${name}: the server answered ${status}`,
    })
    expect(receiver.received).toHaveLength(1)
    expect(elsewhere.received).toEqual([])
  })

  it('does not reach this machine by a name of the system, unless allowed', async () => {
    await using receiver = await startReceiver()
    expect(await tell(open({ url: place(receiver.port), ca: CERTIFICATE }))).toMatchObject({
      failed: 1,
      lastError: `Cannot send alert to ${name}: its host leads to a private address; allowPrivateAddresses permits that`,
    })
    expect(receiver.received).toEqual([])
    expect(await tell(channelTo(receiver.port))).toMatchObject({ sent: 1 })
    expect(receiver.received).toMatchObject([{ path: TOKEN }])
  })

  it('asks three times where the server fails', async () => {
    await using receiver = await startReceiver(() => ({ status: 500 }))
    expect(await tell(channelTo(receiver.port))).toMatchObject({
      failed: 1,
      lastError: `Cannot send alert to ${name}: the server answered 500`,
    })
    expect(receiver.received).toHaveLength(3)
  })

  it('asks three times where the connection is reset', async () => {
    let connections = 0
    await using server = await startSilentServer((socket) => {
      connections++
      socket.once('data', () => socket.resetAndDestroy())
    })
    expect(await tell(channelTo(server.port))).toMatchObject({
      failed: 1,
      lastError: `Cannot send alert to ${name}: no answer (ECONNRESET)`,
    })
    expect(connections).toBe(3)
  })

  it('asks again where the connection ends in place of an answer', async () => {
    await using receiver = await startReceiver((n) => (n === 0 ? ({ socket }) => socket?.destroy() : { status: 200 }))
    expect(await tell(channelTo(receiver.port))).toMatchObject({ sent: 1, failed: 0 })
    expect(receiver.received).toHaveLength(2)
  })

  it.each<[string, WebFault]>([
    [
      'without an end',
      (response) => {
        const more = (): void => {
          while (!response.closed && response.write(Buffer.alloc(65_536)));
        }
        response.on('drain', more).writeHead(200)
        more()
      },
    ],
    ['that stops in the middle', (response) => response.writeHead(200, { 'content-length': 10 }).write('half')],
  ])('hangs up on an answer %s, as its status was all it wanted', async (_, fault) => {
    await using receiver = await startReceiver(() => fault)
    expect(await tell(channelTo(receiver.port))).toMatchObject({ sent: 1, failed: 0 })
    await until('the connection is closed', async () => (await receiver.openConnections()) === 0)
  })

  it('refuses headers without an end', async () => {
    await using receiver = await startReceiver(() => ({ status: 200, headers: { 'x-much': 'm'.repeat(1_000_000) } }))
    expect(await tell(channelTo(receiver.port))).toMatchObject({
      failed: 1,
      lastError: `Cannot send alert to ${name}: no answer (HPE_HEADER_OVERFLOW)`,
    })
  })

  it('hangs up at the deadline on an answer of one byte after the other', async () => {
    const drip: WebFault = ({ socket }) => {
      const timer = setInterval(() => socket?.write('H'), 20)
      socket?.write('HTTP/1.1 200 OK\r\nx-slow: ')
      socket?.on('close', () => clearInterval(timer))
    }
    await using receiver = await startReceiver(() => drip)
    const stats = await tell(channelTo(receiver.port), { sendTimeoutMs: 1_000, sendAttempts: 1 })
    expect(stats).toMatchObject({
      failed: 1,
      lastError: `Cannot send alert to ${name}: no answer within 1000 ms`,
    })
    await until('the connection is closed', async () => (await receiver.openConnections()) === 0)
  })

  it('hangs up at the deadline on a server that never begins TLS', async () => {
    await using server = await startSilentServer()
    const stats = await tell(channelTo(server.port), { sendTimeoutMs: 1_000, sendAttempts: 1 })
    expect(stats).toMatchObject({ failed: 1, lastError: `Cannot send alert to ${name}: no answer within 1000 ms` })
    await until('the connection is closed', async () => server.openConnections() === 0)
  })

  it('speaks to no server without TLS', async () => {
    await using server = await startSilentServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
    expect(await tell(channelTo(server.port))).toMatchObject({ sent: 0, failed: 1 })
  })

  it.each<[string, WebFault | undefined]>([
    ['a refusal', (response) => response.writeHead(403).end(TOKEN)],
    ['the end of the connection', ({ socket }) => socket?.destroy()],
    ['no answer', undefined],
  ])('throws errors without its secrets, even in their causes: %s', async (_, fault) => {
    await using receiver = await startReceiver(() => fault)
    const told: AlertNotice[] = []
    await using alerts = new Alerts({ source: SOURCE, onNotice: (notice) => told.push(notice) })
    alerts.raise(failingStore('redis'))
    const sending = channelTo(receiver.port).send(told[0]!, AbortSignal.timeout(1_000))
    const error = await sending.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ALERT_NOT_SENT' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(SECRETS)
  })
})

describe('the text for Slack', () => {
  it.each(['<!channel>', '<@U012AB3CD>', '<!subteam^S01|all>', '<https://evil.example|here>', '&lt;!here&gt;'])(
    'shows %s and does nothing with it',
    async (subject) => {
      await using receiver = await startReceiver()
      const channel = slackChannel({ url: place(receiver.port), ca: CERTIFICATE, allowPrivateAddresses: true })
      const alerts = new Alerts({ source: { serviceName: subject, instance: subject }, channels: [channel] })
      alerts.raise(failingStore(subject))
      await alerts.flush(30_000)
      await alerts.close()
      const { text } = JSON.parse(receiver.received[0]!.body) as { text: string }
      expect(text).not.toMatch(/[<>]/)
      // As Slack's documentation has it, these three are all that stands for something else.
      const shown = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
      expect(shown).toBe(`*[critical] ${subject}* (${subject})\nStore ${subject} fails`)
    },
  )
})
