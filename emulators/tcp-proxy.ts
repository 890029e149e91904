import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { type Conversation, Http2Conversation, PlainConversation } from './conversation.ts'
import { LOCAL_HOST, onFreePort, type TcpAddress } from './free-port.ts'
import { type Direction, type Faults, ProxiedConnection } from './proxied-connection.ts'

export interface TcpProxyOptions {
  /**
   * How a request finds its answer: the bytes that come next, or, in HTTP/2 as gRPC speaks it, those of the same call.
   * @default "plain"
   */
  readonly protocol?: 'plain' | 'http2'
}

/** What a bad network does between a client and a real server. It works on bytes, whatever they mean. */
export interface TcpProxy extends TcpAddress {
  /** How many connections are open now. */
  connections(): number
  /** Resets all connections; new ones are welcome. */
  cut(): void
  /**
   * Waits for a request that matches, in however many pieces it comes, lets it pass, and cuts its connection when the
   * target answers: it was carried out, and the client can't know. Resolves when that has happened. Of an HTTP/2 call,
   * what is matched is its body.
   */
  cutAfterRequest(matches: RegExp, options?: CutOptions): Promise<void>
  /** Holds back what is sent from now on, over new connections too, until `resume()`. @default both directions */
  blackhole(direction?: Direction): void
  /** Throws away what is sent from now on until `resume()`. An HTTP/2 connection is of no use after it: `cut()` it first. */
  swallow(direction: Direction): void
  /** Lets everything pass again, first what was held back. */
  resume(): void
  /** Refuses new connections until `accept()`; those that are open stay. */
  refuse(): void
  accept(): Promise<void>
  stop(): Promise<void>
}

export interface CutOptions {
  /** How much of the answer still passes. @default 0 */
  readonly replyBytes?: number
}

const CONVERSATIONS: Readonly<Record<'plain' | 'http2', () => Conversation>> = {
  plain: () => new PlainConversation(),
  http2: () => new Http2Conversation(),
}

const NO_FAULT = { requests: 'pass', replies: 'pass' } as const

/** Starts a proxy on a free port of 127.0.0.1, in this process. */
export async function startTcpProxy(
  target: TcpAddress,
  { protocol = 'plain' }: TcpProxyOptions = {},
): Promise<TcpProxy> {
  const faults: Faults = { flow: NO_FAULT, cuts: new Set() }
  const open = new Set<ProxiedConnection>()
  const listen = async (port: number): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      const connection = new ProxiedConnection(client, target, faults, CONVERSATIONS[protocol]())
      open.add(connection)
      void connection.closed.then(() => open.delete(connection))
    })
    await once(server.listen(port, LOCAL_HOST), 'listening')
    return server
  }
  let server = await onFreePort(undefined, listen)
  const { port } = server.address() as AddressInfo
  const setFlow = (flow: Faults['flow']) => {
    faults.flow = flow
    for (const connection of open) connection.update()
  }
  const cut = () => {
    for (const connection of open) connection.reset()
  }
  return {
    host: LOCAL_HOST,
    port,
    connections: () => open.size,
    cut,
    cutAfterRequest: (matches, { replyBytes = 0 } = {}) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      faults.cuts.add({ matches, replyBytes, done: resolve })
      return promise
    },
    blackhole: (direction) =>
      setFlow(direction ? { ...faults.flow, [direction]: 'hold' } : { requests: 'hold', replies: 'hold' }),
    swallow: (direction) => setFlow({ ...faults.flow, [direction]: 'swallow' }),
    resume: () => setFlow(NO_FAULT),
    refuse: () => void server.close(),
    accept: async () => {
      if (!server.listening) server = await listen(port)
    },
    stop: async () => {
      server.close()
      cut()
      await Promise.all([...open].map(({ closed }) => closed))
    },
  }
}
