import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ChannelStats } from '../../../src/telemetry/alerts/alert-channel.ts'
import { Alerts } from '../../../src/telemetry/alerts/alerts.ts'
import { type WebhookChannelOptions, webhookChannel } from '../../../src/telemetry/channels/webhook-channel.ts'
import { highCpu, recordingChannel, SOURCE } from '../alerts/findings.ts'
import { CERTIFICATE, startReceiver } from './web-receiver.ts'

const KEY = Buffer.from('0123456789abcdef0123456789abcdef')
const SECRET = `whsec_${KEY.toString('base64')}`
const LOCAL = { allowPrivateAddresses: true, ca: CERTIFICATE, secret: SECRET }

/** Raises an alert and says what became of it. */
async function tell(options: WebhookChannelOptions): Promise<ChannelStats> {
  const alerts = new Alerts({ source: SOURCE, channels: [webhookChannel(options)], retryDelayMs: 10 })
  alerts.raise(highCpu(90))
  await alerts.flush(30_000)
  await alerts.close()
  return alerts.getStats().channels[0]!
}

describe('a webhook', () => {
  it('receives JSON, signed over its id, its time and its body', async () => {
    await using receiver = await startReceiver()
    expect(await tell({ ...LOCAL, url: receiver.url })).toMatchObject({ sent: 1, failed: 0 })
    const [{ path, headers, body } = expect.fail('nothing was received')] = receiver.received
    expect(path).toBe('/hooks/memory?team=1')
    expect(headers.host).toBe(`localhost:${receiver.port}`)
    expect(headers['content-type']).toBe('application/json')
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', KEY).update(signed).digest('base64')}`)
    expect(Number(headers['webhook-timestamp']) * 1_000).toBeLessThanOrEqual(Date.now())
    expect(JSON.parse(body)).toMatchObject({
      type: 'memory.alert.raised',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      text: 'CPU at 90 %',
      data: {
        alert: { kind: 'cpu', severity: 'warning', facts: { value: 90, threshold: 80 }, times: 1 },
        source: SOURCE,
        heldBack: 0,
      },
    })
  })

  it('that fails for a while receives the notice again, under the same id', async () => {
    await using receiver = await startReceiver((n) => ({ status: n === 0 ? 500 : n === 1 ? 429 : 200 }))
    expect(await tell({ ...LOCAL, url: receiver.url })).toMatchObject({ sent: 1, failed: 0 })
    const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
    expect(ids).toHaveLength(3)
    expect(new Set(ids).size).toBe(1)
  })

  it('that refuses it is not asked again', async () => {
    await using receiver = await startReceiver(() => ({ status: 410 }))
    expect(await tell({ ...LOCAL, url: receiver.url })).toMatchObject({
      failed: 1,
      lastError: 'Cannot send alert to webhook: the server answered 410',
    })
    expect(receiver.received).toHaveLength(1)
  })

  it('that asks to wait is waited for', async () => {
    await using receiver = await startReceiver(() => ({ status: 503, headers: { 'retry-after': '7' } }))
    const told = recordingChannel()
    const alerts = new Alerts({ source: SOURCE, channels: [told] })
    alerts.raise(highCpu(90))
    await alerts.flush()
    const sending = webhookChannel({ ...LOCAL, url: receiver.url }).send(told.told[0]!, new AbortController().signal)
    await expect(sending).rejects.toMatchObject({
      code: 'ALERT_NOT_SENT',
      details: { channel: 'webhook', status: 503, mayRetry: true, retryAfterMs: 7_000 },
    })
  })

  it('that never answers is given up at the deadline, and its connection closed', async () => {
    await using receiver = await startReceiver(() => undefined)
    const channels = [webhookChannel({ ...LOCAL, url: receiver.url })]
    const alerts = new Alerts({ source: SOURCE, channels, sendTimeoutMs: 500, sendAttempts: 1 })
    alerts.raise(highCpu(90))
    await alerts.flush(30_000)
    expect(alerts.getStats().channels).toMatchObject([
      { failed: 1, waiting: 0, lastError: 'Cannot send alert to webhook: no answer within 500 ms' },
    ])
    await expect.poll(() => receiver.openConnections()).toBe(0)
  })

  it('can lead nowhere else', async () => {
    await using elsewhere = await startReceiver()
    await using receiver = await startReceiver(() => ({ status: 307, headers: { location: elsewhere.url } }))
    expect(await tell({ ...LOCAL, url: receiver.url })).toMatchObject({
      failed: 1,
      lastError: 'Cannot send alert to webhook: the server answered 307',
    })
    expect(elsewhere.received).toEqual([])
  })

  it('is reached at the address that was checked: its name is resolved once for each attempt', async () => {
    await using receiver = await startReceiver()
    const asked: string[] = []
    const lookup = async (hostname: string) => {
      asked.push(hostname)
      return ['127.0.0.1']
    }
    expect(await tell({ ...LOCAL, url: receiver.url, lookup })).toMatchObject({ sent: 1 })
    expect(asked).toEqual(['localhost'])
  })

  it.each([
    ['of version 6', ['::1', '127.0.0.1']],
    ['of version 4', ['127.0.0.2', '127.0.0.1']],
  ])('is reached though the first address of its name is dead, one %s', async (_, addresses) => {
    await using receiver = await startReceiver()
    expect(await tell({ ...LOCAL, url: receiver.url, lookup: async () => addresses })).toMatchObject({ sent: 1 })
  })

  it('must prove the name in its URL, whatever address that leads to', async () => {
    await using receiver = await startReceiver()
    const url = `https://hooks.example.com:${receiver.port}/`
    expect(await tell({ ...LOCAL, url, lookup: async () => ['127.0.0.1'] })).toMatchObject({
      failed: 1,
      lastError: 'Cannot send alert to webhook: no answer (ERR_TLS_CERT_ALTNAME_INVALID)',
    })
    expect(receiver.received).toEqual([])
  })

  it('must have a certificate that is trusted, and says how to trust it', async () => {
    await using receiver = await startReceiver()
    const { failed, lastError } = await tell({ url: receiver.url, secret: SECRET, allowPrivateAddresses: true })
    expect(failed).toBe(1)
    expect(lastError).toMatch(/certificate of the server is not trusted \(\w+\): .* option ca, .*NODE_EXTRA_CA_CERTS$/)
    expect(receiver.received).toEqual([])
  })

  it.each([
    ['a private address', ['10.0.0.7']],
    ['a private address among public ones', ['93.184.215.14', '::1']],
    ['the address of a metadata server', ['169.254.169.254']],
    ['one that is mapped', ['::ffff:127.0.0.1']],
  ])('is not reached where its name leads to %s', async (_, addresses) => {
    await using receiver = await startReceiver()
    let asked = 0
    const lookup = async () => {
      asked++
      return addresses
    }
    expect(await tell({ url: receiver.url, ca: CERTIFICATE, secret: SECRET, lookup })).toMatchObject({
      failed: 1,
      lastError: expect.stringContaining('its host leads to a private address'),
    })
    expect(asked).toBe(1)
    expect(receiver.received).toEqual([])
  })

  it('is not reached on this machine unless that was allowed', async () => {
    await using receiver = await startReceiver()
    expect(await tell({ url: receiver.url, ca: CERTIFICATE, secret: SECRET })).toMatchObject({ sent: 0, failed: 1 })
    expect(receiver.received).toEqual([])
  })
})

describe('webhookChannel refuses', () => {
  it.each<[string, Partial<WebhookChannelOptions>, RegExp]>([
    ['http', { url: 'http://hooks.example.com/' }, /option url: expected a URL that begins with https/],
    ['what is no URL', { url: 'hooks' }, /option url/],
    ['a password in the URL', { url: 'https://me:secret@hooks.example.com/' }, /option url: .*without user/],
    ['a private address', { url: 'https://192.168.0.1/' }, /option url: expected a public address/],
    ['a private address in another notation', { url: 'https://0x7f.1/' }, /option url: expected a public address/],
    ['a private address of version 6', { url: 'https://[::ffff:7f00:1]/' }, /option url: expected a public address/],
    ['a secret without its prefix', { secret: KEY.toString('base64') }, /option secret/],
    ['a short secret', { secret: 'whsec_c2hvcnQ=' }, /option secret: expected "whsec_" and 24 to 64 bytes/],
  ])('%s, without a word of what is secret', (_, options, message) => {
    const make = () => webhookChannel({ url: 'https://hooks.example.com/', secret: SECRET, ...options })
    expect(make).toThrow(message)
    expect(make).not.toThrow(/secret@|c2hvcnQ/)
  })
})
