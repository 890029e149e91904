import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../emulators/until.ts'
import type { AlertNotice } from '../../src/telemetry/alerts/alert.ts'
import { Alerts } from '../../src/telemetry/alerts/alerts.ts'
import { type WebhookChannelOptions, webhookChannel } from '../../src/telemetry/channels/webhook-channel.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { failingStore, SOURCE } from '../telemetry/alerts/findings.ts'
import { CERTIFICATE, startReceiver } from '../telemetry/channels/web-receiver.ts'

const inRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const secretOf = (text: string): string => `whsec_${Buffer.from(text.repeat(8)).toString('base64')}`
const SECRET = secretOf('good')

const [, program = ''] = /^```js\n(.*?)^```/ms.exec(readFileSync(inRoot('docs/alerts.md'), 'utf8')) ?? []

/** What docs/alerts.md prints, in a process of its own. */
async function startDocumented() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: {
      ALERT_SECRET: SECRET,
      TLS_KEY: inRoot('emulators/tls/key.pem'),
      TLS_CERT: inRoot('emulators/tls/cert.pem'),
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  await until('it listens', async () => output.includes('\n'))
  const port = Number(/^listening on (\d+)$/m.exec(output)?.[1])
  return {
    port,
    lines: () => output.trim().split('\n').slice(1),
    async stop() {
      child.kill()
      await once(child, 'close')
    },
  }
}

let receiver: Awaited<ReturnType<typeof startDocumented>>

beforeAll(async () => {
  receiver = await startDocumented()
})

afterAll(() => receiver?.stop())

function noticeOf(subject: string): AlertNotice {
  const told: AlertNotice[] = []
  new Alerts({ source: SOURCE, onNotice: (notice) => told.push(notice) }).raise(failingStore(subject))
  return told[0]!
}

function send(notice: AlertNotice, options: Partial<WebhookChannelOptions> = {}): Promise<void> {
  const url = `https://localhost:${receiver.port}/`
  const channel = webhookChannel({ url, secret: SECRET, ca: CERTIFICATE, allowPrivateAddresses: true, ...options })
  return channel.send(notice, AbortSignal.timeout(20_000))
}

/** A request as a webhook would get it. */
async function genuine(subject: string): Promise<{ readonly headers: Record<string, string>; readonly body: string }> {
  await using recorder = await startReceiver()
  await send(noticeOf(subject), { url: recorder.url })
  const [{ headers, body } = expect.fail('nothing was received')] = recorder.received
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
  return { headers: Object.fromEntries(names.map((name) => [name, String(headers[name])])), body }
}

/** The status that the receiver answers to a request. */
async function post(headers: Record<string, string>, body: string | Buffer): Promise<number | undefined> {
  const outgoing = request({
    host: 'localhost',
    port: receiver.port,
    method: 'POST',
    ca: CERTIFICATE,
    headers,
    agent: false,
  })
  outgoing.end(body)
  const [answer] = await once(outgoing, 'response')
  answer.resume()
  return answer.statusCode
}

describe('the receiver of docs/alerts.md', () => {
  it('takes what a webhook channel sends, and acts once on what comes twice', async () => {
    const notice = noticeOf('über')
    await send(notice)
    await send(notice)
    await send(noticeOf('later'))
    await until('it says so', async () => receiver.lines().length >= 2)
    expect(receiver.lines()).toEqual([
      'memory.alert.raised memory-service storeFailing Store über fails',
      'memory.alert.raised memory-service storeFailing Store later fails',
    ])
  })

  it('takes a second signature beside a wrong one, as while a secret is replaced', async () => {
    const { headers, body } = await genuine('replaced')
    const signatures = `v1,${Buffer.alloc(32).toString('base64')} ${headers['webhook-signature']}`
    expect(await post({ ...headers, 'webhook-signature': signatures }, body)).toBe(204)
  })

  it('refuses another secret', async () => {
    await expect(send(noticeOf('forged'), { secret: secretOf('evil') })).rejects.toMatchObject({
      details: { status: 401, mayRetry: false },
    })
  })

  it.each([-6, 6])('refuses a request whose time is %d minutes off', async (minutes) => {
    const clock = new ManualClock(Date.now() + minutes * 60_000)
    await expect(send(noticeOf('old'), { clock })).rejects.toMatchObject({ details: { status: 401 } })
  })

  it.each<[string, (headers: Record<string, string>, body: string) => [Record<string, string>, string]]>([
    ['body', (headers, body) => [headers, body.replace('critical', 'warning_')]],
    ['body by a space', (headers, body) => [headers, `${body} `]],
    ['id', (headers, body) => [{ ...headers, 'webhook-id': 'msg_other' }, body]],
    ['time', (headers, body) => [{ ...headers, 'webhook-timestamp': `${Math.floor(Date.now() / 1000) + 60}` }, body]],
    ['time to no number', (headers, body) => [{ ...headers, 'webhook-timestamp': 'now' }, body]],
    ['version', (headers, body) => [{ ...headers, 'webhook-signature': headers['webhook-signature']!.slice(2) }, body]],
    [
      'signature to a part of it',
      (headers, body) => [{ ...headers, 'webhook-signature': headers['webhook-signature']!.slice(0, 20) }, body],
    ],
    ['headers to none', (_, body) => [{}, body]],
  ])('refuses a changed %s', async (_, change) => {
    const { headers, body } = await genuine('changed')
    expect(await post(...change(headers, body))).toBe(401)
  })

  it('lives on when a sender goes away, or sends too much, and has acted on nothing that it refused', async () => {
    const outgoing = request({
      host: 'localhost',
      port: receiver.port,
      method: 'POST',
      ca: CERTIFICATE,
      headers: { 'content-length': 1_000 },
    })
    outgoing.on('error', () => undefined)
    outgoing.write('{')
    await once(outgoing, 'socket').then(([socket]) => once(socket, 'secureConnect'))
    outgoing.destroy()
    await post({}, Buffer.alloc(4_000_000)).catch(() => undefined)
    const { headers, body } = await genuine('after that')
    expect(await post(headers, body)).toBe(204)
    await until('it says so', async () => receiver.lines().join().includes('after that'))
    expect(receiver.lines().join()).not.toMatch(/forged|old|changed/)
  })
})
