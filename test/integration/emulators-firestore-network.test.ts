import { FieldValue, Firestore, v1 } from '@google-cloud/firestore'
import { credentials } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Http2Conversation } from '../../emulators/conversation.ts'
import { type FirestoreEmulator, startFirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import type { TcpAddress } from '../../emulators/free-port.ts'
import { startTcpProxy, type TcpProxy } from '../../emulators/tcp-proxy.ts'

const ALREADY_EXISTS = 6
const UNAVAILABLE = 14
const WAIT_MS = 15_000

describe('TCP proxy before Firestore', () => {
  let emulator: FirestoreEmulator
  let proxy: TcpProxy
  /** Of this test's own project, through the proxy. */
  let proxied: Firestore
  /** The same project past it. */
  let direct: Firestore
  let projects = 0

  beforeAll(async () => {
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    emulator = await startFirestoreEmulator()
  })

  beforeEach(async () => {
    projects += 1
    proxy = await startTcpProxy(emulator, { protocol: 'http2' })
    proxied = connect(proxy)
    direct = connect(emulator)
    await proxied.doc('lakes/first').set({ depth: 1 })
  })

  afterEach(async () => {
    await Promise.all([proxied.terminate(), direct.terminate()])
    await proxy.stop()
  })

  afterAll(async () => {
    await emulator?.stop()
    vi.unstubAllEnvs()
  })

  function connect({ host, port }: TcpAddress): Firestore {
    return new Firestore({ projectId: `network-${projects}`, host: `${host}:${port}`, ssl: false })
  }

  async function depthOf(id: string): Promise<unknown> {
    return (await direct.doc(`lakes/${id}`).get()).data()?.depth
  }

  it('cuts after a commit with a marker: it was carried out, and the client does not know', async () => {
    const cut = proxy.cutAfterRequest(/marker/)
    await proxied.doc('lakes/other').create({ depth: 2 })
    // Sent again by the client, which finds its own document there.
    await expect(proxied.doc('lakes/bled').create({ note: 'marker' })).rejects.toMatchObject({ code: ALREADY_EXISTS })
    await cut
    expect((await direct.doc('lakes/bled').get()).exists).toBe(true)
  })

  it('finds a marker at the end of a long commit', async () => {
    const cut = proxy.cutAfterRequest(/the end/)
    const update = { depth: FieldValue.increment(1), note: `${'x'.repeat(300_000)}the end` }
    await proxied.doc('lakes/first').update(update)
    await cut
    expect(await depthOf('first')).toBe(3)
  })

  it('cuts only once the commit is answered, while other calls of the connection go on', async () => {
    let isCut = false
    const cut = proxy.cutAfterRequest(/marker/).then(() => {
      isCut = true
    })
    const { promise: end, resolve: endTransaction } = Promise.withResolvers<void>()
    const { promise: locked, resolve: nowLocked } = Promise.withResolvers<void>()
    const transaction = direct.runTransaction(async (transaction) => {
      await transaction.get(direct.doc('lakes/first'))
      nowLocked()
      await end
    })
    await locked
    const write = proxied.doc('lakes/first').update({ depth: FieldValue.increment(1), note: 'marker' })
    await proxied.doc('lakes/other').set({ depth: 2 })
    expect((await proxied.doc('lakes/other').get()).data()).toEqual({ depth: 2 })
    expect(isCut).toBe(false)
    endTransaction()
    await Promise.all([transaction, write, cut])
    expect(await depthOf('first')).toBe(3)
  })

  it('swallows replies until it cuts: the same', async () => {
    proxy.swallow('replies')
    const creation = expect(proxied.doc('lakes/bled').create({ depth: 2 })).rejects.toMatchObject({
      code: ALREADY_EXISTS,
    })
    await vi.waitFor(async () => expect(await depthOf('bled')).toBe(2), WAIT_MS)
    proxy.cut()
    proxy.resume()
    await creation
  })

  it('lets a commit that it held back arrive later', async () => {
    proxy.blackhole()
    const write = proxied.doc('lakes/bled').set({ depth: 2 })
    await direct.doc('lakes/bled').set({ depth: 1 })
    proxy.resume()
    await write
    expect(await depthOf('bled')).toBe(2)
  })

  it('keeps out a client that it cut off, until it is accepted', async () => {
    proxy.refuse()
    proxy.cut()
    const read = proxied.doc('lakes/first').get()
    const write = proxied.doc('lakes/bled').set({ depth: 2 })
    expect(await depthOf('bled')).toBeUndefined()
    await proxy.accept()
    await write
    expect((await read).data()).toEqual({ depth: 1 })
  })

  it('stands before a server that is restarted with all that was acknowledged', async () => {
    const projectId = `network-${projects}`
    const database = `projects/${projectId}/databases/(default)`
    const client = new v1.FirestoreClient({
      ...{ projectId, servicePath: proxy.host, port: proxy.port, sslCreds: credentials.createInsecure() },
    })
    let acknowledged = 0
    const writeUntilCut = async () => {
      for (;;) {
        const fields = { depth: { integerValue: acknowledged + 1 } }
        const update = { name: `${database}/documents/lakes/count`, fields }
        await client.commit({ database, writes: [{ update }] }, { retry: null })
        acknowledged += 1
      }
    }
    const end = expect(writeUntilCut()).rejects.toMatchObject({ code: UNAVAILABLE })
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(20), WAIT_MS)
    proxy.refuse()
    proxy.cut()
    await end
    await emulator.restart(await emulator.save(projectId))
    await proxy.accept()
    expect([acknowledged, acknowledged + 1]).toContain(await depthOf('count'))
    await client.close()
  })
})

describe('an HTTP/2 conversation', () => {
  const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
  const [DATA, HEADERS, SETTINGS, WINDOW_UPDATE] = [0, 1, 4, 8] as const

  function frame(type: number, streamId: number, payload = ''): Buffer {
    const head = Buffer.alloc(9)
    head.writeUIntBE(payload.length, 0, 3)
    head.writeUInt8(type, 3)
    head.writeUInt32BE(streamId, 5)
    return Buffer.concat([head, Buffer.from(payload)])
  }

  const requests = Buffer.concat([
    Buffer.from(PREFACE),
    frame(SETTINGS, 0, 'marker'),
    frame(HEADERS, 1, 'marker'),
    frame(HEADERS, 3, 'head'),
    frame(DATA, 3, 'some mar'),
    frame(DATA, 1, 'mar'),
    frame(DATA, 3, 'ker'),
  ])
  const earlier = Buffer.concat([frame(SETTINGS, 0), frame(WINDOW_UPDATE, 3, '1234'), frame(DATA, 1, 'answer of 1')])
  const replies = Buffer.concat([earlier, frame(HEADERS, 3, 'head'), frame(DATA, 3, 'answer of 3')])

  it('finds a marker in the body of one call, and where its answer begins', () => {
    const conversation = new Http2Conversation()
    conversation.request(requests.subarray(0, -1))
    expect(conversation.find(/marker/)).toBe(false)
    conversation.request(requests.subarray(-1))
    expect(conversation.find(/marker/)).toBe(true)
    expect(conversation.answerIn(replies)).toBe(earlier.length)
    expect(conversation.answerIn(frame(DATA, 1, 'more of 1'))).toBe(0)
  })

  it('does so whatever pieces the bytes come in', () => {
    for (const size of [1, 2, 8, 9, 10, 25]) {
      const conversation = new Http2Conversation()
      for (let at = 0; at < requests.length; at += size) conversation.request(requests.subarray(at, at + size))
      expect(conversation.find(/marker/)).toBe(true)
      let before = 0
      for (let at = 0; at < replies.length; at += size) {
        const piece = replies.subarray(at, at + size)
        before += conversation.answerIn(piece)
      }
      // The head of a frame may have passed in part before it could be told whose it is.
      expect(before).toBeGreaterThanOrEqual(earlier.length)
      expect(before).toBeLessThan(earlier.length + 9)
    }
  })

  it('sees an answer of a call that no marker was found in as none', () => {
    const conversation = new Http2Conversation()
    conversation.request(requests)
    conversation.forget()
    expect(conversation.find(/marker/)).toBe(false)
    expect(conversation.answerIn(replies)).toBe(replies.length)
  })
})
