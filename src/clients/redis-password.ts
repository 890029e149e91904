import { createConnection, Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { AbstractConnector, RedisOptions } from 'ioredis'
import { type Clock, systemClock } from '../lib/clock.ts'

/** Gives the password of the next connection. */
export type AskPassword = () => string | Promise<string>

type Ioredis = Pick<typeof import('ioredis'), 'AbstractConnector' | 'SentinelConnector'>
type Stream = Awaited<ReturnType<AbstractConnector['connect']>>
type EmitError = Parameters<AbstractConnector['connect']>[0]

/** A function that never answers would otherwise keep its connection from ever being tried again. */
const ASK_TIMEOUT_MS = 5_000

/**
 * A `Connector` for ioredis that asks for the password before each connection. It lies in the options, so connections
 * that ioredis makes of others have it too: of `duplicate()`, and to the nodes of a cluster.
 *
 * ioredis reads `options.password` before it connects and makes text of it after, when it authenticates. So an object
 * stands there whose text is what was answered meanwhile.
 */
export function passwordConnector(
  { AbstractConnector, SentinelConnector }: Ioredis,
  ask: AskPassword,
  clock: Clock = systemClock,
): NonNullable<RedisOptions['Connector']> {
  return class extends AbstractConnector {
    readonly #options: RedisOptions
    readonly #sentinel: InstanceType<Ioredis['SentinelConnector']> | undefined
    readonly #password = new AnsweredPassword()

    constructor(given: unknown) {
      const options = given as RedisOptions
      super(options.disconnectTimeout ?? 0)
      this.#options = options
      this.#sentinel = options.sentinels ? new SentinelConnector(options) : undefined
      options.password = this.#password as unknown as string
    }

    override check(info: { role?: string }): boolean {
      return this.#sentinel?.check(info) ?? true
    }

    override disconnect(): void {
      super.disconnect()
      this.#sentinel?.disconnect()
    }

    async connect(emitError: EmitError): Promise<Stream> {
      this.connecting = true
      try {
        this.#password.set(await askWithin(ask, clock))
      } catch (error) {
        // A rejection would end the client for good; a stream that is closed already is tried again.
        this.firstError = error as Error
        return new Socket().destroy()
      }
      if (!this.connecting) throw new Error('Connection is closed.')
      if (this.#sentinel) return this.#sentinel.connect(emitError)
      this.stream = openStream(this.#options)
      return this.stream
    }
  }
}

function openStream({ host, port, tls }: RedisOptions): Stream {
  const address = { host: host ?? 'localhost', port: port ?? 6379 }
  return tls ? connectTls({ ...address, ...(tls as ConnectionOptions) }) : createConnection(address)
}

async function askWithin(ask: AskPassword, clock: Clock): Promise<string> {
  const asked = new AbortController()
  const late = clock.sleep(ASK_TIMEOUT_MS, asked.signal).then(() => {
    throw new Error(`no answer within ${ASK_TIMEOUT_MS} ms`)
  })
  try {
    const answer: unknown = await Promise.race([Promise.resolve().then(ask), late])
    if (typeof answer !== 'string' || answer === '') throw new Error('it gave no text')
    return answer
  } catch (error) {
    throw new Error(`the password function failed: ${error instanceof Error ? error.message : typeof error}`)
  } finally {
    asked.abort()
    late.catch(() => {})
  }
}

/** Private, so that nothing that prints or copies options shows it. */
class AnsweredPassword {
  #text = ''

  set(text: string): void {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }

  toJSON(): string {
    return 'password'
  }
}
