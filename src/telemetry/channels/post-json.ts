import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { notSent } from '../alerts/not-sent.ts'
import { connectionFault } from './connection-fault.ts'
import type { WebTarget } from './web-target.ts'

/** An address that doesn't answer for so long is passed over, while others are left to try. */
const NEXT_ADDRESS_MS = 2_000

/**
 * Sends a body to a server and waits for a status of 2xx. Redirects aren't followed: they would lead around the checks.
 * What a server answers beyond its status isn't read.
 *
 * @throws ThermoclineError `ALERT_NOT_SENT`
 */
export async function postJson(
  channel: string,
  target: WebTarget,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const addresses = await target.resolve(channel)
  if (signal.aborted) throw notSent(channel, 'it was given up', { mayRetry: false })
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const { url, ca } = target
  const outgoing = request({
    method: 'POST',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    // What was checked, so that nothing is resolved again.
    lookup: only(addresses),
    port: url.port === '' ? 443 : Number(url.port),
    path: url.pathname + url.search,
    ...(ca === undefined ? {} : { ca }),
    // An agent of its own: the global one may go through a proxy that resolves names by itself.
    agent: new Agent({ keepAlive: false, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS }),
    headers: {
      ...headers,
      host: url.host,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'thermocline',
    },
    signal,
  })
  outgoing.on('socket', (socket) => socket.unref())
  outgoing.on('response', resolve)
  outgoing.on('error', (cause) => {
    const { reason, mayRetry } = connectionFault('no answer', cause)
    reject(notSent(channel, reason, { mayRetry, cause }))
  })
  outgoing.end(body)
  const { statusCode: status = 0, headers: answered } = await promise
  outgoing.destroy()
  if (status >= 200 && status < 300) return
  const isPassing = status === 408 || status === 425 || status === 429 || status >= 500
  throw notSent(channel, `the server answered ${status}`, {
    status,
    mayRetry: isPassing,
    retryAfterMs: secondsToWait(answered['retry-after']) * 1_000,
  })
}

function only(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_hostname, _options, callback) => callback(null, found)
}

/** The form with a date is rare and depends on both clocks: it counts as none. */
function secondsToWait(header: string | undefined): number {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : 0
}
