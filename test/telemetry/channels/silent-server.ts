import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** Takes connections and does no more than `speak` says: by default nothing, not even the TLS that is expected of it. */
export interface SilentServer extends AsyncDisposable {
  readonly port: number
  openConnections(): number
}

export async function startSilentServer(speak: (socket: Socket) => void = () => undefined): Promise<SilentServer> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
    // What isn't read hides that the other side has hung up.
    socket.resume()
    speak(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    openConnections: () => open.size,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
