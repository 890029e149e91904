import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'

const tls = (name: string): string => readFileSync(new URL(`../../../emulators/tls/${name}`, import.meta.url), 'utf8')

/** For "localhost" and 127.0.0.1, signed by itself. */
export const CERTIFICATE: string = tls('cert.pem')

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface WebAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}

/** A local https server that remembers what it was sent. */
export interface WebReceiver extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly received: readonly Received[]
  openConnections(): Promise<number>
}

/** Another way to answer than by a status. */
export type WebFault = (response: ServerResponse) => void

/** @param answer what it answers to the n-th request, from 0 on; undefined: nothing, ever */
export async function startReceiver(
  answer: (n: number) => WebAnswer | WebFault | undefined = () => ({ status: 204 }),
): Promise<WebReceiver> {
  const received: Received[] = []
  const server = createServer({ key: tls('key.pem'), cert: CERTIFICATE }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { url: path = '', headers } = request
    received.push({ path, headers, body: Buffer.concat(chunks).toString() })
    const given = answer(received.length - 1)
    if (typeof given === 'function') given(response)
    else if (given !== undefined) response.writeHead(given.status, { ...given.headers }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `https://localhost:${port}/hooks/memory?team=1`,
    received,
    openConnections: () => promisify(server.getConnections.bind(server))(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
