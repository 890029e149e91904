import type { ConnectionOptions } from 'node:tls'

/** The slice of ioredis 6 that is used of a connection: its `Redis` and its `Cluster` both have it. */
export interface RedisClient {
  /** `ready` when commands are taken. */
  readonly status: string
  call(command: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown>
  callBuffer(command: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown>
  on(event: string, listener: (...args: never[]) => void): unknown
  off(event: string, listener: (...args: never[]) => void): unknown
  /** Resolves when it is ready, for clients made with `lazyConnect`. */
  connect(): Promise<void>
  /** Of a connection to one server. */
  readonly options?: Readonly<Record<string, unknown>>
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
  readonly client: RedisClient
  /** Closes it if we made it. Harmless when repeated. */
  close(): Promise<void>
}
