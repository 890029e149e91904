import { describe, expect, it } from 'vitest'
import { Alerts } from '../../../src/telemetry/alerts/alerts.ts'
import { slackChannel } from '../../../src/telemetry/channels/slack-channel.ts'
import { failingStore } from '../alerts/findings.ts'
import { CERTIFICATE, startReceiver } from './web-receiver.ts'

describe('the Slack channel', () => {
  it('posts a text in which no name can ping anybody', async () => {
    await using receiver = await startReceiver(() => ({ status: 200 }))
    const channel = slackChannel({ url: receiver.url, ca: CERTIFICATE, allowPrivateAddresses: true })
    const source = { serviceName: 'memory & more', instance: 'host-1:42' }
    await using alerts = new Alerts({ source, channels: [channel] })
    alerts.raise(failingStore('<!channel>'))
    alerts.recover('storeFailing', '<!channel>')
    await alerts.flush(30_000)
    expect(receiver.received.map(({ body }) => JSON.parse(body))).toEqual([
      { text: '*[critical] memory &amp; more* (host-1:42)\nStore &lt;!channel&gt; fails' },
      { text: '*[recovered] memory &amp; more* (host-1:42)\nRecovered after 0 s: Store &lt;!channel&gt; fails' },
    ])
  })

  it('keeps its URL, which is a secret, out of statistics and errors', async () => {
    await using receiver = await startReceiver(() => ({ status: 403 }))
    const url = `https://localhost:${receiver.port}/services/T0/B0/hidden`
    const channel = slackChannel({ url, ca: CERTIFICATE, allowPrivateAddresses: true })
    await using alerts = new Alerts({ source: { serviceName: 'a', instance: 'b' }, channels: [channel] })
    alerts.raise(failingStore('redis'))
    await alerts.flush(30_000)
    expect(receiver.received.map(({ path }) => path)).toEqual(['/services/T0/B0/hidden'])
    const stats = alerts.getStats()
    expect(stats.channels).toMatchObject([
      { failed: 1, lastError: 'Cannot send alert to slack: the server answered 403' },
    ])
    expect(JSON.stringify(stats)).not.toContain('hidden')
    expect(() => slackChannel({ url: 'http://hooks.slack.com/services/hidden' })).toThrow(
      /^Cannot use option url: expected a URL that begins with https:\/\/: received string$/,
    )
  })
})
