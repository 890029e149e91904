import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { CERTIFICATE, startReceiver } from './web-receiver.ts'

const source = (path: string): string => new URL(`../../../src/telemetry/${path}`, import.meta.url).href

/** A process that raises an alert for a webhook, does `then`, and has nothing more to do. */
async function run(url: string, then: string): Promise<{ code: number | null; output: string }> {
  const program = `
    import { Alerts } from ${JSON.stringify(source('alerts/alerts.ts'))}
    import { webhookChannel } from ${JSON.stringify(source('channels/webhook-channel.ts'))}
    const secret = 'whsec_' + Buffer.alloc(32).toString('base64')
    const channel = webhookChannel({ url: ${JSON.stringify(url)}, secret, ca: ${JSON.stringify(CERTIFICATE)}, allowPrivateAddresses: true })
    const alerts = new Alerts({ source: { serviceName: 'a', instance: 'b' }, channels: [channel], sendTimeoutMs: 600_000 })
    alerts.raise({ kind: 'cpu', subject: '', severity: 'warning', message: 'm', facts: { value: 90, threshold: 80 } })
    ${then}
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

describe('a process with an alert under way', () => {
  it('ends by itself, though the receiver never answers', async () => {
    await using receiver = await startReceiver(() => undefined)
    // Without the wait, it might end before it had connected.
    const wait = 'await new Promise((resolve) => setTimeout(resolve, 1_000)); console.log("done")'
    expect(await run(receiver.url, wait)).toEqual({ code: 0, output: 'done\n' })
    expect(receiver.received).toHaveLength(1)
  })

  it('waits for the answer when it closes its alerts', async () => {
    await using receiver = await startReceiver()
    const close = 'await alerts.close(30_000); console.log(alerts.getStats().channels[0].sent)'
    expect(await run(receiver.url, close)).toEqual({ code: 0, output: '1\n' })
    expect(receiver.received).toHaveLength(1)
  })
})
