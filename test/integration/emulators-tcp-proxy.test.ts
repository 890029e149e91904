import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../emulators/redis.ts'
import { sendCommand } from '../../emulators/resp.ts'
import { startTcpProxy, type TcpProxy } from '../../emulators/tcp-proxy.ts'

describe('TCP proxy', () => {
  let server: RedisServer
  let proxy: TcpProxy
  const clients: Socket[] = []

  beforeAll(async () => {
    server = await startRedis()
  })

  beforeEach(async () => {
    await sendCommand(server, ['FLUSHALL'])
    proxy = await startTcpProxy(server)
  })

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy()
    await proxy.stop()
  })

  afterAll(async () => {
    await server?.stop()
  })

  /** A connection by hand, with what it got so far and how it ended. */
  async function connect(): Promise<{ socket: Socket; received: () => string; ended: Promise<string> }> {
    const socket = createConnection({ host: proxy.host, port: proxy.port })
    clients.push(socket)
    let received = ''
    socket.on('data', (bytes) => {
      received += bytes
    })
    const ended = new Promise<string>((resolve) => {
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      socket.once('end', () => resolve('end'))
    })
    await once(socket, 'connect')
    return { socket, received: () => received, ended }
  }

  it('passes bytes of all sizes both ways', async () => {
    const long = 'ü'.repeat(2 ** 20)
    expect(await sendCommand(proxy, ['SET', 'k', long], { timeoutMs: 5_000 })).toBe('OK')
    expect(await sendCommand(proxy, ['STRLEN', 'k'])).toBe(2 ** 21)
    expect((await sendCommand(proxy, ['GET', 'k'], { timeoutMs: 5_000 })) === long).toBe(true)
  })

  it('passes on that a side has ended', async () => {
    const { socket, received, ended } = await connect()
    socket.end('PING\r\n')
    expect(await ended).toBe('end')
    expect(received()).toBe('+PONG\r\n')
    await vi.waitFor(() => expect(proxy.connections()).toBe(0))
  })

  it('resets all connections at once, and takes new ones', async () => {
    const open = [await connect(), await connect()]
    await vi.waitFor(() => expect(proxy.connections()).toBe(2))
    proxy.cut()
    expect(await Promise.all(open.map(({ ended }) => ended))).toEqual(['ECONNRESET', 'ECONNRESET'])
    await vi.waitFor(() => expect(proxy.connections()).toBe(0))
    expect(await sendCommand(proxy, ['PING'])).toBe('PONG')
  })

  it('cuts after a request that matches, which was carried out, and after no other', async () => {
    const cut = proxy.cutAfterRequest(/incr/i)
    expect(await sendCommand(proxy, ['PING'])).toBe('PONG')
    await expect(sendCommand(proxy, ['INCR', 'n'])).rejects.toThrow('connection closed')
    await cut
    expect(await sendCommand(proxy, ['INCR', 'n'])).toBe(2)
  })

  it('sees a match in a request that comes in pieces', async () => {
    const cut = proxy.cutAfterRequest(/incr n/)
    const { socket, received, ended } = await connect()
    socket.setNoDelay()
    socket.write('get n\r\ninc')
    await vi.waitFor(() => expect(received()).toBe('$-1\r\n'))
    socket.write('r n\r\n')
    await cut
    expect(await ended).toBe('end')
    expect(received()).toBe('$-1\r\n')
    expect(await sendCommand(server, ['GET', 'n'])).toBe('1')
  })

  it('cuts in the middle of the answer', async () => {
    await sendCommand(server, ['SET', 'k', 'lake'])
    const cut = proxy.cutAfterRequest(/get/, { replyBytes: 6 })
    const { socket, received, ended } = await connect()
    socket.write('get k\r\n')
    await cut
    expect(await ended).toBe('end')
    expect(received()).toBe('$4\r\nla')
  })

  it('ends the wait for an answer with a connection that ends without one', async () => {
    const cut = proxy.cutAfterRequest(/blpop/)
    const { socket } = await connect()
    socket.write('blpop empty 0\r\n')
    await vi.waitFor(async () => expect(await sendCommand(server, ['CLIENT', 'LIST'])).toContain('cmd=blpop'))
    proxy.cut()
    await cut
  })

  it('swallows replies: the request counts, and the client learns nothing', async () => {
    proxy.swallow('replies')
    await expect(sendCommand(proxy, ['INCR', 'n'], { timeoutMs: 200 })).rejects.toThrow('no reply after 200 ms')
    proxy.resume()
    expect(await sendCommand(proxy, ['GET', 'n'])).toBe('1')
  })

  it('swallows requests: they never arrive', async () => {
    proxy.swallow('requests')
    await expect(sendCommand(proxy, ['INCR', 'n'], { timeoutMs: 200 })).rejects.toThrow('no reply after 200 ms')
    proxy.resume()
    expect(await sendCommand(proxy, ['GET', 'n'])).toBeNull()
  })

  it('lets a request that it held back arrive later, though the client gave up', async () => {
    const { socket, received } = await connect()
    proxy.blackhole()
    socket.write('incr m\r\n')
    await expect(sendCommand(proxy, ['INCR', 'n'], { timeoutMs: 200 })).rejects.toThrow('no reply after 200 ms')
    expect(await sendCommand(server, ['MGET', 'm', 'n'])).toEqual([null, null])
    proxy.resume()
    await vi.waitFor(async () => expect(await sendCommand(server, ['MGET', 'm', 'n'])).toEqual(['1', '1']))
    await vi.waitFor(() => expect(received()).toBe(':1\r\n'))
  })

  it('holds back one direction alone', async () => {
    proxy.blackhole('replies')
    const { socket, received } = await connect()
    socket.write('incr n\r\n')
    await vi.waitFor(async () => expect(await sendCommand(server, ['GET', 'n'])).toBe('1'))
    expect(received()).toBe('')
    proxy.resume()
    await vi.waitFor(() => expect(received()).toBe(':1\r\n'))
  })

  it('refuses new connections while open ones go on', async () => {
    const { socket, received } = await connect()
    await vi.waitFor(() => expect(proxy.connections()).toBe(1))
    proxy.refuse()
    await expect(sendCommand(proxy, ['PING'])).rejects.toThrow('ECONNREFUSED')
    socket.write('PING\r\n')
    await vi.waitFor(() => expect(received()).toBe('+PONG\r\n'))
    await proxy.accept()
    expect(await sendCommand(proxy, ['PING'])).toBe('PONG')
  })

  it('resets connections when there is no target', async () => {
    const gone = await startRedis()
    const toGone = await startTcpProxy(gone)
    try {
      await gone.stop()
      await expect(sendCommand(toGone, ['PING'])).rejects.toThrow(/ECONNRESET|connection closed/)
    } finally {
      await toGone.stop()
    }
  })

  it('is gone after stop, with its connections, even those that it held', async () => {
    proxy.blackhole()
    const { ended } = await connect()
    await vi.waitFor(() => expect(proxy.connections()).toBe(1))
    await proxy.stop()
    expect(await ended).toBe('ECONNRESET')
    expect(proxy.connections()).toBe(0)
    await expect(sendCommand(proxy, ['PING'])).rejects.toThrow('ECONNREFUSED')
    await proxy.stop()
  })
})
