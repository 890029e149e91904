import type { RedisConnectionOptions } from '../../clients/ioredis.ts'
import { checkRedisOptions, REDIS_CONNECTION_NAMES } from '../../clients/redis-options.ts'
import { checkNames } from '../../lib/check-names.ts'
import { checkNumberOption, checkWordOption } from '../../lib/check-options.ts'
import { MAX_TTL_SECONDS, MIN_TTL_SECONDS } from './cache-entry.ts'
import { checkKeyPrefix, DEFAULT_KEY_PREFIX } from './key-prefix.ts'

/** What Redis evicts once it is full. */
export type EvictionPolicy = (typeof POLICIES)[number]

/** Options for {@link RedisLRUCache}. */
export interface RedisLRUCacheOptions extends RedisConnectionOptions {
  /** What all keys in Redis begin with: 1 to 64 letters, digits and `_ . : / -`. @default "thermocline" */
  readonly keyPrefix?: string
  /** How much memory Redis should use at most, all primaries of a cluster together, in MiB. @default 512 */
  readonly maxMemoryMb?: number
  /** @default "allkeys-lru" */
  readonly maxMemoryPolicy?: EvictionPolicy
  /** How long an entry lives where `set` does not say, in seconds, from 0.001 on. @default 86400 */
  readonly defaultTtl?: number
  /**
   * Sets limit and policy of the server, for all who use it, on each connect. Otherwise they are read, and reported
   * where they can't do what was asked. @default false
   */
  readonly configureServer?: boolean
  /** How long a call may take, in milliseconds. @default 250 */
  readonly callTimeoutMs?: number
}

const POLICIES = [
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
  'noeviction',
] as const

type CacheOptions = Required<Omit<RedisLRUCacheOptions, keyof RedisConnectionOptions>>

export const REDIS_LRU_CACHE_DEFAULTS: CacheOptions = Object.freeze({
  keyPrefix: DEFAULT_KEY_PREFIX,
  maxMemoryMb: 512,
  maxMemoryPolicy: 'allkeys-lru',
  defaultTtl: 86_400,
  configureServer: false,
  callTimeoutMs: 250,
})

export interface ResolvedCacheOptions extends CacheOptions {
  readonly connection: RedisConnectionOptions
}

/** @throws ThermoclineError `INVALID_OPTION` */
export function resolveCacheOptions(given: RedisLRUCacheOptions): ResolvedCacheOptions {
  const own = Object.keys(REDIS_LRU_CACHE_DEFAULTS)
  checkNames('INVALID_OPTION', 'Cannot make cache', given, [...own, ...REDIS_CONNECTION_NAMES])
  const entries = Object.entries(given).filter(([, value]) => value !== undefined)
  const connection = Object.fromEntries(entries.filter(([name]) => !own.includes(name))) as RedisConnectionOptions
  const options = {
    ...REDIS_LRU_CACHE_DEFAULTS,
    ...Object.fromEntries(entries.filter(([name]) => own.includes(name))),
  }
  checkRedisOptions(connection)
  checkKeyPrefix(options.keyPrefix)
  // Redis itself needs about one.
  checkNumberOption('maxMemoryMb', options.maxMemoryMb, [1, 1_000_000_000, false])
  checkWordOption('maxMemoryPolicy', options.maxMemoryPolicy, POLICIES)
  checkNumberOption('defaultTtl', options.defaultTtl, [MIN_TTL_SECONDS, MAX_TTL_SECONDS, false])
  checkWordOption('configureServer', options.configureServer, [true, false])
  checkNumberOption('callTimeoutMs', options.callTimeoutMs, [1, 60_000, false])
  return Object.freeze({ ...options, connection: Object.freeze(connection) })
}
