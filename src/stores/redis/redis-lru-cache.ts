import { connectRedis, primariesOf, type RedisClient, type RedisConnection } from '../../clients/ioredis.ts'
import { redisErrorText } from '../../clients/redis-error.ts'
import { ThermoclineError } from '../../errors.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { JsonValue } from '../../memory/json.ts'
import { BoundedCalls } from './bounded-calls.ts'
import { decodeValue, encodeValue, entryKey, entryPattern, ttlMs } from './cache-entry.ts'
import { type RedisLRUCacheOptions, type ResolvedCacheOptions, resolveCacheOptions } from './cache-options.ts'
import type { RedisLRUCacheStats } from './cache-stats.ts'
import { isInForce, type MemorySettings, type NodeCall } from './server-memory.ts'
import { ServerWatch } from './server-watch.ts'

const KEYS_PER_SCAN = '1000'

/**
 * A cache in Redis, which makes room by itself. A Redis that is gone, slow or full does not take its caller down: reads
 * give nothing, writes give false, and `getStats` says why.
 */
export class RedisLRUCache implements AsyncDisposable {
  readonly #options: ResolvedCacheOptions
  readonly #clock: Clock
  readonly #asked: MemorySettings
  readonly #server: ServerWatch
  readonly #did = { hits: 0, misses: 0, failures: 0 }
  #linking: Promise<Link> | undefined
  #link: Link | undefined
  #isClosed = false
  /** Done with what is to be done on each new connection. */
  #met: Promise<void> | undefined
  #lastError: string | undefined

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: RedisLRUCacheOptions = {}, { clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.#options = resolveCacheOptions(options)
    const { maxMemoryMb, maxMemoryPolicy, configureServer } = this.#options
    this.#asked = { maxMemoryBytes: Math.round(maxMemoryMb * 1024 * 1024), policy: maxMemoryPolicy }
    this.#server = new ServerWatch(this.#asked, configureServer, clock)
    this.#clock = clock
  }

  /**
   * The connection, for stores that share it; only {@link RedisLRUCache.close} closes it. Not always ready.
   * @throws ThermoclineError `NOT_OPEN` before `connect` and after `close`
   */
  get connection(): RedisConnection {
    return this.#open().connection
  }

  get keyPrefix(): string {
    return this.#options.keyPrefix
  }

  /**
   * Connects. Where that fails, it goes on trying, and calls do nothing until it is connected. Warns once with
   * `process.emitWarning` where memory and policy of the server can't do what was asked. Harmless when repeated.
   *
   * @throws ThermoclineError `STORE_UNAVAILABLE` where Redis can't be reached within a second, `PEER_MISSING`, `NOT_OPEN`
   * after `close`
   */
  async connect(): Promise<void> {
    if (this.#isClosed) throw notOpen()
    this.#linking ??= this.#makeLink()
    let link: Link
    try {
      link = await this.#linking
    } catch (error) {
      this.#linking = undefined
      throw error
    }
    if (link.connection.client.status !== 'ready') throw notReached(link, 'connect to redis')
    this.#met ??= this.#server.meet(link.connection.client, link.ask)
    await this.#met
  }

  /**
   * The value, or undefined where there is none or Redis can't say.
   *
   * @param key 1 to 512 bytes of well-formed text
   * @throws ThermoclineError `INVALID_ARGUMENT`, `NOT_OPEN`
   */
  async get(key: string): Promise<JsonValue | undefined> {
    const name = entryKey(this.keyPrefix, key)
    const value = await this.#attempt('get from redis', undefined, async (client) => {
      const text = await client.call('GET', name)
      return typeof text === 'string' ? decodeValue(text) : undefined
    })
    this.#did[value === undefined ? 'misses' : 'hits']++
    return value
  }

  /**
   * False where it could not be stored, or nobody knows whether it was.
   *
   * @param value What JSON gives back unchanged, at most 512 KiB of it
   * @param options.ttl How long it lives at most, in seconds. @default defaultTtl
   * @throws ThermoclineError `INVALID_ARGUMENT`, `ITEM_TOO_LARGE`, `NOT_OPEN`
   */
  async set(key: string, value: JsonValue, options: { readonly ttl?: number } = {}): Promise<boolean> {
    const name = entryKey(this.keyPrefix, key)
    const text = encodeValue(value)
    const expiry = String(ttlMs(options, this.#options.defaultTtl))
    return await this.#attempt('set in redis', false, async (client) => {
      await client.call('SET', name, text, 'PX', expiry)
      return true
    })
  }

  /**
   * True: it is not there any more, if it was. False where nobody knows.
   * @throws ThermoclineError `INVALID_ARGUMENT`, `NOT_OPEN`
   */
  async delete(key: string): Promise<boolean> {
    const name = entryKey(this.keyPrefix, key)
    return await this.#attempt('delete from redis', false, async (client) => {
      await client.call('DEL', name)
      return true
    })
  }

  /**
   * Removes all entries of this prefix, and nothing else. Takes as long as Redis holds keys, though each of its calls is
   * bounded. False where it could not go through with it.
   * @throws ThermoclineError `NOT_OPEN`
   */
  async clear(): Promise<boolean> {
    const { client } = this.connection
    // SCAN sees one server only.
    const cleared = await Promise.all(primariesOf(client).map((primary) => this.#clearOne(primary)))
    return !cleared.includes(false)
  }

  /**
   * What it did, and how its server is doing. Memory, policy and evictions are the server's as a whole: Redis does not
   * tell them apart by prefix. Answers without them where the server does not.
   * @throws ThermoclineError `NOT_OPEN`
   */
  async getStats(): Promise<RedisLRUCacheStats> {
    const link = this.#open()
    const { memory, warnings } = await this.#server.look(link.connection.client, link.ask)
    const { hits, misses } = this.#did
    return Object.freeze({
      ...this.#did,
      hitRate: hits + misses === 0 ? 0 : hits / (hits + misses),
      lastError: this.#lastError ?? link.connection.lastError(),
      evictions: this.#server.evictions,
      evictionRate: this.#server.evictionsPerSecond,
      usedMemoryBytes: memory?.usedMemoryBytes,
      maxMemoryBytes: memory?.maxMemoryBytes,
      smallestMaxMemoryBytes: memory?.smallestMaxMemoryBytes,
      maxMemoryPolicy: memory?.policy,
      isAsConfigured: memory && isInForce(this.#asked, memory),
      warnings: Object.freeze(warnings),
    })
  }

  /** Closes the connection if it made it, also through a function. Harmless when repeated. */
  async close(): Promise<void> {
    this.#isClosed = true
    const link = await this.#linking?.catch(() => undefined)
    this.#link = undefined
    link?.stop()
    await link?.connection.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(): Link {
    if (this.#link === undefined || this.#isClosed) throw notOpen()
    return this.#link
  }

  async #makeLink(): Promise<Link> {
    const connection = await connectRedis(this.#options.connection, { clock: this.#clock })
    const { client } = connection
    const calls = new BoundedCalls(this.#options.callTimeoutMs, this.#clock)
    const meet = (): void => {
      calls.reset()
      this.#met = this.#server.meet(client, link.ask)
    }
    const link: Link = {
      connection,
      calls,
      ask: (node, command, ...args) => bounded(link, `ask redis for ${command}`, () => node.call(command, ...args)),
      stop() {
        client.off('ready', meet)
        calls.close()
      },
    }
    client.on('ready', meet)
    this.#link = link
    return link
  }

  async #clearOne(primary: RedisClient): Promise<boolean> {
    const pattern = entryPattern(this.keyPrefix)
    let cursor = '0'
    do {
      const page = await this.#attempt('clear redis', undefined, async () => {
        const page = await primary.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', KEYS_PER_SCAN)
        return page as readonly [string, readonly string[]]
      })
      if (!page) return false
      cursor = page[0]
      // Key by key: keys of one server may have different slots.
      const removed = await this.#attempt('clear redis', false, async (client) => {
        await Promise.all(page[1].map((name) => client.call('UNLINK', name)))
        return true
      })
      if (!removed) return false
    } while (cursor !== '0')
    return true
  }

  async #attempt<T>(action: string, otherwise: T, body: (client: RedisClient) => Promise<T>): Promise<T> {
    const link = this.#open()
    try {
      return await bounded(link, action, () => body(link.connection.client))
    } catch (error) {
      this.#did.failures++
      this.#lastError = redisErrorText(error)
      return otherwise
    }
  }
}

interface Link {
  readonly connection: RedisConnection
  readonly calls: BoundedCalls
  readonly ask: NodeCall
  stop(): void
}

async function bounded<T>(link: Link, action: string, body: () => Promise<T>): Promise<T> {
  // A client that was given may have a queue, where a call would wait long after its caller gave up.
  if (link.connection.client.status !== 'ready') throw notReached(link, action)
  return await link.calls.run(action, body)
}

function notReached({ connection }: Link, action: string): ThermoclineError {
  const why = connection.lastError() ?? 'not connected yet'
  return new ThermoclineError('STORE_UNAVAILABLE', `Cannot ${action}: ${why}; it is tried again and again`)
}

function notOpen(): ThermoclineError {
  return new ThermoclineError('NOT_OPEN', 'Cannot use cache: call connect() first, and nothing after close()')
}
