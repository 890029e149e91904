import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

export interface TcpAddress {
  readonly host: string
  readonly port: number
}

export const LOCAL_HOST = '127.0.0.1'

// Below the ports that Linux (from 32768) and macOS (from 49152) give to outgoing connections, even with 10,000 added:
// so a server that is killed finds its port free when it starts again.
const FIRST_PORT = 10_000
const PORTS = 12_000
const ATTEMPTS = 5
const TAKEN = /address already in use|failed to bind|EADDRINUSE/i

/** A TCP port of 127.0.0.1 that nobody listened on a moment ago, nor on the one that lies `companion` above it. */
export async function freePort(companion = 0): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + randomInt(PORTS)
    if ((await isFree(port)) && (companion === 0 || (await isFree(port + companion)))) return port
  }
}

/** Starts on the port given, else on a free one; another process may take that first, so it tries some more. */
export async function onFreePort<T>(
  port: number | undefined,
  start: (port: number) => Promise<T>,
  companion = 0,
): Promise<T> {
  if (port !== undefined) return start(port)
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort(companion))
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof Error && TAKEN.test(error.message))) throw error
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, LOCAL_HOST)
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
