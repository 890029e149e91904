import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { isIP } from 'node:net'
import { notSent } from './not-sent.ts'
import type { WebTarget } from './web-target.ts'

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
  const address = await target.resolve(channel)
  if (signal.aborted) throw notSent(channel, 'it was given up', { mayRetry: false })
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const { url, ca } = target
  const outgoing = request({
    method: 'POST',
    // The address itself, so that nothing is resolved again; certificates are still checked against the name.
    host: address,
    port: url.port === '' ? 443 : Number(url.port),
    path: url.pathname + url.search,
    ...(isIP(bare(url.hostname)) === 0 ? { servername: url.hostname } : {}),
    ...(ca === undefined ? {} : { ca }),
    // An agent of its own: the global one may go through a proxy that resolves names by itself.
    agent: new Agent({ keepAlive: false }),
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
  outgoing.on('error', (cause) => reject(notSent(channel, `no answer (${codeOf(cause)})`, { mayRetry: true, cause })))
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

function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

/** The form with a date is rare and depends on both clocks: it counts as none. */
function secondsToWait(header: string | undefined): number {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : 0
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : 'connection lost'
}
