import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  Metadata,
  type Server,
  type ServerDuplexStream,
  type ServerWritableStream,
  type StatusObject,
  status,
} from '@grpc/grpc-js'
import { CallFaults, type FirestoreCall } from './call-faults.ts'
import { type Bill, billOfEnd, billOfResponse, NO_BILL, sumOf } from './firestore-bill.ts'
import type { FirestoreMethod, Message } from './firestore-protocol.ts'

type ToClient = ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>
type FromEmulator = ClientReadableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>

/** Passes calls on as the bytes that they are, reads along, and lets some go wrong. */
export class FirestoreRelay {
  readonly faults: CallFaults = new CallFaults()
  readonly calls: Map<string, number> = new Map()
  bill: Bill = NO_BILL
  readonly #emulator: Client
  readonly #open = new Set<FromEmulator>()

  constructor(emulator: Client) {
    this.#emulator = emulator
  }

  /** Offers a method to clients. */
  serve(method: FirestoreMethod, server: Server): void {
    const connect: handleBidiStreamingCall<Buffer, Buffer> = (client) => this.#connect(method, client)
    const carry: handleServerStreamingCall<Buffer, Buffer> = (client) => void this.#carry(method, client)
    if (method.isRequestStream) server.register(method.path, connect, same, same, 'bidi')
    // In gRPC a single answer is a stream of one.
    else server.register(method.path, carry, same, same, 'serverStream')
  }

  close(): void {
    for (const call of this.#open) call.cancel()
    this.#emulator.close()
  }

  async #carry(method: FirestoreMethod, client: ServerWritableStream<Buffer, Buffer>): Promise<void> {
    this.#countCall(method)
    const call = readCall(method, client.request)
    const fault = this.faults.take(call)
    if (fault?.effect.kind === 'hold') {
      fault.meet()
      await fault.effect.released
    }
    if (fault?.effect.kind === 'refuse') {
      finish(client, failure(fault.effect.code))
      fault.meet()
      return
    }
    const emulator = this.#emulator.makeServerStreamRequest(method.path, same, same, client.request, client.metadata)
    const isLost = fault?.effect.kind === 'lose reply'
    const end = await this.#relay(method, call.request, emulator, isLost ? undefined : client)
    finish(client, fault?.effect.kind === 'lose reply' ? failure(fault.effect.code) : end)
    if (isLost) fault.meet()
  }

  /** A stream in both directions, without faults. It ends with its client, as it would never end by itself. */
  #connect(method: FirestoreMethod, client: ServerDuplexStream<Buffer, Buffer>): void {
    this.#countCall(method)
    const emulator = this.#emulator.makeBidiStreamRequest(method.path, same, same, client.metadata)
    client.on('data', (message: Buffer) => emulator.write(message))
    client.once('end', () => emulator.end())
    client.once('cancelled', () => emulator.cancel())
    void this.#relay(method, {}, emulator, client).then((end) => finish(client, end))
  }

  /** Resolves with how the emulator ended the call, after it is on the bill. */
  #relay(
    { name, decodeResponse }: FirestoreMethod,
    request: Message,
    emulator: FromEmulator,
    client: ToClient | undefined,
  ): Promise<StatusObject> {
    let billed = NO_BILL
    const charge = (cost: Bill) => {
      billed = sumOf([billed, cost])
      this.bill = sumOf([this.bill, cost])
    }
    this.#open.add(emulator)
    emulator.on('metadata', (metadata: Metadata) => client?.sendMetadata(metadata))
    emulator.on('data', (message: Buffer) => {
      charge(billOfResponse(name, decodeResponse(message), request))
      client?.write(message)
    })
    // Its status says the same.
    emulator.on('error', () => {})
    return new Promise((resolve) => {
      emulator.once('status', (end: StatusObject) => {
        this.#open.delete(emulator)
        charge(billOfEnd(name, { request, code: end.code, billed }))
        resolve(end)
      })
    })
  }

  #countCall({ name }: FirestoreMethod): void {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1)
  }
}

function readCall({ name, decodeRequest }: FirestoreMethod, bytes: Buffer): FirestoreCall {
  let request: Message | undefined
  return {
    method: name,
    bytes,
    get request() {
      request ??= decodeRequest(bytes)
      return request
    },
  }
}

function failure(code: keyof typeof status): StatusObject {
  return { code: status[code], details: `${code} by the meter`, metadata: new Metadata() }
}

function finish(client: ToClient, end: StatusObject): void {
  if (end.code === status.OK) client.end(end.metadata)
  else client.emit('error', Object.assign(new Error(end.details), end))
}

function same(bytes: Buffer): Buffer {
  return bytes
}
