import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { CERTIFICATE, startReceiver } from './web-receiver.ts'

const source = (path: string): string => new URL(`../../../src/telemetry/${path}`, import.meta.url).href

/** Waits for a line on standard input, which keeps nothing alive afterwards. */
const WAIT = `
  await new Promise((resolve) => process.stdin.once('data', resolve))
  process.stdin.destroy()
  console.log('done')
`

/** A process that raises an alert for a webhook, does `then`, and has nothing more to do. */
function start(
  url: string,
  then: string,
): { readonly child: ChildProcessByStdio<Writable, Readable, null>; readonly ended: Promise<string> } {
  const program = `
    import { Alerts } from ${JSON.stringify(source('alerts/alerts.ts'))}
    import { webhookChannel } from ${JSON.stringify(source('channels/webhook-channel.ts'))}
    const url = ${JSON.stringify(url)}
    const secret = 'whsec_' + Buffer.alloc(32).toString('base64')
    const channel = webhookChannel({ url, secret, ca: ${JSON.stringify(CERTIFICATE)}, allowPrivateAddresses: true })
    const alerts = new Alerts({ source: { serviceName: 'a', instance: 'b' }, channels: [channel], sendTimeoutMs: 600_000 })
    alerts.raise({ kind: 'cpu', subject: '', severity: 'warning', message: 'm', facts: { value: 90, threshold: 80 } })
    ${then}
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  return { child, ended: once(child, 'close').then(([code]) => `${output}exit ${code}`) }
}

describe('a process with an alert under way', () => {
  it('ends by itself, though the receiver never answers', async () => {
    const arrived = Promise.withResolvers<void>()
    await using receiver = await startReceiver(() => {
      arrived.resolve()
      return undefined
    })
    const { child, ended } = start(receiver.url, WAIT)
    await arrived.promise
    child.stdin.end('go on')
    expect(await ended).toBe('done\nexit 0')
  })

  it('waits for the answer when it closes its alerts', async () => {
    await using receiver = await startReceiver()
    const { ended } = start(receiver.url, 'await alerts.close(30_000); console.log(alerts.getStats().channels[0].sent)')
    expect(await ended).toBe('1\nexit 0')
    expect(receiver.received).toHaveLength(1)
  })
})
