import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

export const LOCAL_HOST = '127.0.0.1'

const ATTEMPTS = 5
const TAKEN = /address already in use|failed to bind|EADDRINUSE/i

/** A TCP port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOCAL_HOST)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Starts on the port given, else on a free one; another process may take that first, so it tries some more. */
export async function onFreePort<T>(port: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  if (port !== undefined) return start(port)
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort())
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof Error && TAKEN.test(error.message))) throw error
    }
  }
}
