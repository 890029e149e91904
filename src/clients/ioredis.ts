import type { ConnectionOptions } from 'node:tls'
import { ThermoclineError } from '../errors.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { loadPeer } from './load-peer.ts'
import { redisErrorText } from './redis-error.ts'
import { checkClientSettings, checkRedisOptions } from './redis-options.ts'
import { clusterSettings, type RedisSettings, redisSettings } from './redis-settings.ts'

/** The slice of ioredis 6 that is used of a connection: its `Redis` and its `Cluster` both have it. */
export interface RedisClient {
  /** `ready` when commands are taken. */
  readonly status: string
  call(command: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown>
  callBuffer(command: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown>
  on(event: string, listener: (...args: unknown[]) => void): unknown
  off(event: string, listener: (...args: unknown[]) => void): unknown
  /** Resolves when it is ready, for clients made with `lazyConnect`. */
  connect(): Promise<void>
  /** Of a connection to one server. */
  readonly options?: object
  /** Closes at once; with `true` it connects again. */
  disconnect(reconnect?: boolean): void
  /** A new connection with the same options, except those given. */
  duplicate(...override: readonly unknown[]): RedisClient
  /** Of a cluster only: the connections to its nodes. */
  nodes?(role: 'master'): RedisClient[]
}

/** Where Redis is and how to get in. */
export interface RedisConnectionOptions {
  /** Host of a single server. @default "127.0.0.1" */
  readonly redisHost?: string
  /** Port of a single server. @default 6379 */
  readonly redisPort?: number
  /**
   * A client of ioredis 6 that is used as it is and never closed, or a function that makes one, which is closed with
   * its user.
   */
  readonly client?: RedisClient | (() => RedisClient | Promise<RedisClient>)
  /** Some nodes of a cluster, instead of a single server. */
  readonly cluster?: readonly RedisAddress[]
  /** A set of Sentinels that know the primary, instead of a single server. */
  readonly sentinel?: RedisSentinelOptions
  readonly username?: string
  /** Asked anew for each connection where it is a function: for tokens that are valid for a short time only. */
  readonly password?: string | (() => string | Promise<string>)
  /** `true` for the usual certificates, or what Node's `tls.connect` takes. @default false */
  readonly tls?: boolean | ConnectionOptions
  /** Database number of a single server or behind Sentinels. @default 0 */
  readonly db?: number
}

export interface RedisAddress {
  readonly host: string
  readonly port: number
}

export interface RedisSentinelOptions {
  /** Name of the primary, as the Sentinels know it. */
  readonly name: string
  readonly sentinels: readonly RedisAddress[]
  /** Of the Sentinels themselves. */
  readonly username?: string
  readonly password?: string
}

/** A connection and who closes it. */
export interface RedisConnection {
  /** Its status says whether it is `ready`. One that is not goes on trying, unless it was given. */
  readonly client: RedisClient
  /** What went wrong with the connection last, without arguments of commands. */
  lastError(): string | undefined
  /** Closes it if we made it. Harmless when repeated. */
  close(): Promise<void>
}

export interface ConnectRedisOptions {
  /** How long to wait until it is ready, in milliseconds. @default 1000 */
  readonly readyWithinMs?: number
  /** @default Math.random */
  readonly random?: () => number
  readonly clock?: Clock
  /** Where ioredis comes from. @default the copy that this package resolves */
  readonly load?: () => Promise<Ioredis>
}

export type Ioredis = Pick<typeof import('ioredis'), 'Redis' | 'Cluster' | 'AbstractConnector' | 'SentinelConnector'>

/**
 * Connects, and resolves when that is done, or at the latest after `readyWithinMs` with a client that goes on trying.
 *
 * @throws ThermoclineError `INVALID_OPTION`; `PEER_MISSING` where ioredis is not installed; `STORE_UNAVAILABLE` where
 * the function that makes the client fails or does not come to an end
 */
export async function connectRedis(
  options: RedisConnectionOptions = {},
  { readyWithinMs = 1_000, random = Math.random, clock = systemClock, load = importIoredis }: ConnectRedisOptions = {},
): Promise<RedisConnection> {
  checkRedisOptions(options)
  const waiting = new AbortController()
  const timeUp = clock.sleep(readyWithinMs, waiting.signal)
  try {
    const { client: given } = options
    if (given === undefined) return await readyConnection(await make(options, { random, clock, load }), true, timeUp)
    const isOurs = typeof given === 'function'
    const client = isOurs ? await madeByCaller(given, timeUp) : given
    try {
      checkClientSettings(client)
    } catch (error) {
      if (isOurs) client.disconnect()
      throw error
    }
    return await readyConnection(client, isOurs, timeUp)
  } finally {
    waiting.abort()
  }
}

/** ioredis would take what can't be read for an end of the connection. */
async function checkTls(tls: ConnectionOptions): Promise<void> {
  const { createSecureContext } = await import('node:tls')
  try {
    createSecureContext(tls)
  } catch (cause) {
    throw new ThermoclineError('INVALID_OPTION', `Cannot use option tls: ${redisErrorText(cause)}`, { cause })
  }
}

async function make(
  options: RedisConnectionOptions,
  { random, clock, load }: Required<Omit<ConnectRedisOptions, 'readyWithinMs'>>,
): Promise<RedisClient> {
  const ioredis = await loadPeer(load, { doing: 'connect to redis', name: 'ioredis', install: 'ioredis@6' })
  const { redisHost = '127.0.0.1', redisPort = 6379, cluster, sentinel, username, password, db = 0 } = options
  const tls = options.tls === true ? {} : options.tls || undefined
  if (tls) await checkTls(tls)
  const settings: RedisSettings = { ...redisSettings(random), ...(username && { username }), ...(tls && { tls }) }
  if (typeof password === 'string') settings.password = password
  if (typeof password === 'function') {
    // Loaded here, as it brings in Node's TLS.
    const { passwordConnector } = await import('./redis-password.ts')
    settings.Connector = passwordConnector(ioredis, password, clock)
  }
  if (cluster) {
    const client: RedisClient = new ioredis.Cluster([...cluster], clusterSettings(settings))
    client.on('ready', () => void warmUp(client))
    return client
  }
  if (!sentinel) return new ioredis.Redis({ ...settings, host: redisHost, port: redisPort, db })
  return new ioredis.Redis({
    ...settings,
    db,
    name: sentinel.name,
    sentinels: [...sentinel.sentinels],
    sentinelCommandTimeout: 1_000,
    sentinelRetryStrategy: settings.retryStrategy,
    ...(sentinel.username && { sentinelUsername: sentinel.username }),
    ...(sentinel.password && { sentinelPassword: sentinel.password }),
    ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  })
}

/** The connections to all servers that take writes: of a cluster each of them, otherwise the client itself. */
export function primariesOf(client: RedisClient): readonly RedisClient[] {
  return client.nodes?.('master') ?? [client]
}

/**
 * A connection of its own to where `primary` leads, for messages, to be opened with `connect()`. In RESP2: to RESP3
 * ioredis 6 does not give what a server says by itself. Once it breaks it stays so, since nobody can tell what was said
 * meanwhile.
 */
export function messageConnection(primary: RedisClient): RedisClient {
  return primary.duplicate({
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResubscribe: false,
    retryStrategy: () => null,
  })
}

/** ioredis connects to a node of a cluster with the first command for it, and fails others that come meanwhile. */
async function warmUp(client: RedisClient): Promise<void> {
  await Promise.allSettled(primariesOf(client).map((node) => node.call('PING')))
}

async function madeByCaller(
  makeClient: () => RedisClient | Promise<RedisClient>,
  timeUp: Promise<void>,
): Promise<RedisClient> {
  const making = Promise.resolve().then(makeClient)
  try {
    const client = await Promise.race([making, timeUp])
    if (client) return client
  } catch (error) {
    throw new ThermoclineError(
      'STORE_UNAVAILABLE',
      `Cannot connect to redis: the function for option client failed: ${redisErrorText(error)}`,
    )
  }
  making.then((client) => client.disconnect()).catch(() => {})
  throw new ThermoclineError(
    'STORE_UNAVAILABLE',
    'Cannot connect to redis: the function for option client did not come to an end in time',
  )
}

/** As ioredis says it. */
const CLOSED = 'Connection is closed.'

async function readyConnection(client: RedisClient, isOurs: boolean, timeUp: Promise<void>): Promise<RedisConnection> {
  let lastError: string | undefined
  const note = (error: unknown): void => {
    const text = redisErrorText(error)
    // What follows from an error before it says nothing by itself.
    if (lastError === undefined || text !== CLOSED) lastError = text
  }
  // Without a listener ioredis writes each failed attempt to the console.
  client.on('error', note)
  client.on('node error', note)
  if (client.status !== 'ready') await readyOr(client, timeUp)
  return Object.freeze({
    client,
    lastError: () => lastError,
    async close() {
      if (isOurs) client.disconnect()
      else {
        client.off('error', note)
        client.off('node error', note)
      }
    },
  })
}

async function readyOr(client: RedisClient, timeUp: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  client.on('ready', resolve)
  client.on('end', resolve)
  // A client with `lazyConnect` waits for a first command, and may refuse it while it connects.
  if (client.status === 'wait') client.call('PING').catch(() => {})
  await Promise.race([promise, timeUp])
  if (client.status === 'ready' && client.nodes) await Promise.race([warmUp(client), timeUp])
  client.off('ready', resolve)
  client.off('end', resolve)
}

async function importIoredis(): Promise<Ioredis> {
  const { Redis, Cluster, AbstractConnector, SentinelConnector } = await import('ioredis')
  return { Redis, Cluster, AbstractConnector, SentinelConnector }
}
