import { createConnection, type Socket } from 'node:net'
import type { Conversation } from './conversation.ts'
import type { TcpAddress } from './free-port.ts'

/** From client to target, or back. */
export type Direction = 'requests' | 'replies'

/** What happens to all connections of a proxy; it changes while they are open. */
export interface Faults {
  flow: Readonly<Record<Direction, 'pass' | 'hold' | 'swallow'>>
  /** Each for the first request that matches. */
  readonly cuts: Set<Cut>
}

export interface Cut {
  readonly matches: RegExp
  /** How much of the answer still passes. */
  readonly replyBytes: number
  readonly done: () => void
}

/** A client, a connection of its own to the target, and the bytes between them. */
export class ProxiedConnection {
  /** Resolves once both ends are closed. */
  readonly closed: Promise<unknown>
  readonly #client: Socket
  readonly #target: Socket
  readonly #faults: Faults
  readonly #conversation: Conversation
  readonly #full = new Set<Socket>()
  #cut: Cut | undefined
  #repliedBytes = 0

  constructor(client: Socket, target: TcpAddress, faults: Faults, conversation: Conversation) {
    this.#client = client
    this.#conversation = conversation
    this.#target = createConnection({ host: target.host, port: target.port, allowHalfOpen: true, noDelay: true })
    this.#faults = faults
    client.setNoDelay()
    client.on('data', (bytes) => this.#onRequest(bytes))
    this.#target.on('data', (bytes) => this.#onReply(bytes))
    this.closed = Promise.all([this.#tie(client, this.#target), this.#tie(this.#target, client)])
    this.update()
  }

  /** Reads on, or no longer, as the faults are now. */
  update(): void {
    const { requests, replies } = this.#faults.flow
    setReading(this.#client, requests !== 'hold' && !this.#full.has(this.#target))
    setReading(this.#target, replies !== 'hold' && !this.#full.has(this.#client))
  }

  reset(): void {
    breakOff(this.#client)
    breakOff(this.#target)
  }

  /** What ends or breaks one side does so to the other. */
  #tie(one: Socket, other: Socket): Promise<void> {
    one.on('error', () => {})
    one.once('end', () => other.end())
    return new Promise((resolve) => {
      one.once('close', (isBroken) => {
        if (isBroken) breakOff(other)
        else other.destroySoon()
        this.#cut?.done()
        resolve()
      })
    })
  }

  #onRequest(bytes: Buffer): void {
    if (this.#faults.flow.requests === 'swallow') return
    this.#conversation.request(bytes)
    this.#cut ??= this.#takeCut()
    this.#write(this.#target, bytes)
  }

  /** Only what the client sends while a cut is wanted is matched. */
  #takeCut(): Cut | undefined {
    const { cuts } = this.#faults
    const cut = [...cuts].find(({ matches }) => this.#conversation.find(matches))
    if (cut) cuts.delete(cut)
    if (cuts.size === 0) this.#conversation.forget()
    return cut
  }

  #onReply(bytes: Buffer): void {
    if (this.#faults.flow.replies === 'swallow') return
    const answerFrom = this.#conversation.answerIn(bytes)
    if (!this.#cut) {
      this.#write(this.#client, bytes)
      return
    }
    const left = Math.max(0, this.#cut.replyBytes - this.#repliedBytes)
    const passing = bytes.subarray(0, answerFrom + left)
    if (passing.length > 0) this.#write(this.#client, passing)
    const answered = bytes.length - answerFrom
    this.#repliedBytes += answered
    if (answered === 0 || answered < left) return
    this.#client.destroySoon()
    this.#target.destroy()
  }

  #write(to: Socket, bytes: Buffer): void {
    if (to.write(bytes)) return
    this.#full.add(to)
    this.update()
    to.once('drain', () => {
      this.#full.delete(to)
      this.update()
    })
  }
}

/** Node can't reset a socket that is ending: it would then never say that it is closed. */
function breakOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

function setReading(socket: Socket, isReading: boolean): void {
  if (isReading) socket.resume()
  else socket.pause()
}
