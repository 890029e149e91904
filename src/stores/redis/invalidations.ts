import { messageConnection, primariesOf, type RedisAddress, type RedisClient } from '../../clients/ioredis.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { isSessionKey, type SessionKey } from '../../memory/session.ts'
import type { HotChanges } from '../../tiers/hot-store.ts'

/** A heartbeat that was sent longer ago than this and is the last that was answered: changes may have been missed. */
const CUT_OFF_MS = 2000
const HEARTBEAT_MS = 500
/** A server that refuses tracking is asked again so much later. */
const REFUSED_FOR_MS = 60_000

/** Where Redis sends invalidation messages of connections that speak RESP2. */
const INVALIDATE = '__redis__:invalidate'

/** A connection of its own per primary: what it is told of changes to keys comes in order, and so do its heartbeats. */
interface Line {
  readonly client: RedisClient
  /** Of the last heartbeat that was answered; undefined until tracking is on. */
  heardAt: number | undefined
  /** When it was opened, or the heartbeat was sent that is not answered yet. */
  waitingSince: number | undefined
}

/**
 * Server-assisted client-side caching (CLIENT TRACKING, redis.io/docs/latest/develop/reference/client-side-caching) of
 * all keys with a prefix, in broadcasting mode: it depends on no connection but its own, which RESP2 redirects to itself.
 * Evictions, expiry and FLUSHALL are told too. Messages can be late or lost with their connection, so heartbeats go the
 * same way, and whoever keeps copies asks {@link HotChanges.isHeard}.
 */
export class RedisInvalidations implements HotChanges {
  #prefix = ''
  readonly #clock: Clock
  readonly #listeners: ((key: SessionKey | undefined) => void)[] = []
  readonly #lines = new Map<string, Line>()
  /** Whether every primary that is known has a line. */
  #isComplete = false
  readonly #onReady = (): void => this.#reset()
  /** A cluster has another server. */
  readonly #onNode = (): void => {
    this.#isComplete = false
    this.#beat()
  }
  #source: RedisClient | undefined
  #stopTimer: (() => void) | undefined
  #refusedUntil = Number.NEGATIVE_INFINITY

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /**
   * Begins to listen to the servers of a client. Does not wait for them. `prefix` is that of the keys of sessions; what
   * follows it is a session key in braces.
   */
  open(source: RedisClient, prefix: string): void {
    this.#prefix = prefix
    this.#source = source
    // A new connection may lead to another server, as after a failover: what the old one tells is worth nothing then.
    source.on('ready', this.#onReady)
    source.on('+node', this.#onNode)
    this.#stopTimer = this.#clock.every(HEARTBEAT_MS, () => this.#beat())
    this.#beat()
  }

  close(): void {
    this.#stopTimer?.()
    this.#source?.off('ready', this.#onReady)
    this.#source?.off('+node', this.#onNode)
    this.#source = undefined
    for (const [name, line] of this.#lines) this.#drop(name, line)
  }

  listen(listener: (key: SessionKey | undefined) => void): void {
    this.#listeners.push(listener)
  }

  isHeard(): boolean {
    if (!this.#isComplete) return false
    const now = this.#clock.now()
    for (const { heardAt } of this.#lines.values()) {
      // A clock that stepped back tells nothing either.
      if (heardAt === undefined || now - heardAt >= CUT_OFF_MS || now < heardAt) return false
    }
    return true
  }

  #reset(): void {
    for (const [name, line] of this.#lines) this.#drop(name, line)
    this.#beat()
  }

  #beat(): void {
    const now = this.#clock.now()
    if (this.#source === undefined || now < this.#refusedUntil) return
    const nodes = nodesOf(this.#source)
    for (const [name, line] of this.#lines) {
      const isSilent = line.waitingSince !== undefined && now - line.waitingSince >= CUT_OFF_MS
      if (isSilent || !nodes.has(name)) this.#drop(name, line)
    }
    for (const [name, node] of nodes) {
      const line = this.#lines.get(name)
      if (line === undefined) this.#start(name, node, now)
      else if (line.heardAt !== undefined && line.waitingSince === undefined) this.#ping(name, line, now)
    }
    this.#isComplete = nodes.size > 0 && this.#lines.size === nodes.size
  }

  #start(name: string, node: RedisClient, now: number): void {
    // A line that breaks is given up: the next one begins with nothing kept.
    const client = messageConnection(node)
    const line: Line = { client, heardAt: undefined, waitingSince: now }
    this.#lines.set(name, line)
    client.on('error', () => undefined)
    client.on('close', () => this.#drop(name, line))
    client.on('message', (_channel, keys) => this.#tell(String(keys)))
    this.#track(line).then(
      () => {
        // A primary that joined while the others were heard: what was read from it until now, nobody was told of.
        this.#tellAll(undefined)
        line.heardAt = now
        line.waitingSince = undefined
      },
      (error: unknown) => {
        if (isRefusal(error)) this.#refusedUntil = this.#clock.now() + REFUSED_FOR_MS
        this.#drop(name, line)
      },
    )
  }

  async #track({ client }: Line): Promise<void> {
    await client.connect()
    const id = (await client.call('client', 'id')) as number
    await client.call('client', 'tracking', 'on', 'redirect', id, 'bcast', 'prefix', this.#prefix)
    await client.call('subscribe', INVALIDATE)
  }

  #ping(name: string, line: Line, now: number): void {
    line.waitingSince = now
    line.client.call('ping').then(
      () => {
        line.heardAt = now
        line.waitingSince = undefined
      },
      () => this.#drop(name, line),
    )
  }

  /** Nobody can say what has changed since. */
  #drop(name: string, line: Line): void {
    if (this.#lines.get(name) !== line) return
    this.#lines.delete(name)
    this.#isComplete = false
    line.client.disconnect()
    this.#tellAll(undefined)
  }

  /** Keys come joined by commas, which none of ours contains; nothing stands for all of them. */
  #tell(keys: string): void {
    if (keys === '') this.#tellAll(undefined)
    for (const name of keys.split(',')) {
      const key = name.slice(this.#prefix.length + 1, -1)
      if (isSessionKey(key)) this.#tellAll(key)
    }
  }

  #tellAll(key: SessionKey | undefined): void {
    for (const listener of this.#listeners) listener(key)
  }
}

/** The servers that keys are written to, by name. */
function nodesOf(client: RedisClient): ReadonlyMap<string, RedisClient> {
  return new Map(
    primariesOf(client).map((node) => {
      const { host, port } = node.options as RedisAddress
      return [`${host}:${port}`, node]
    }),
  )
}

/** Whether the server said no, other than being unreachable. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError' && !error.message.startsWith('LOADING')
}
