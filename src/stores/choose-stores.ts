import { connectFirestore, type FirestoreConnectionOptions } from '../clients/firestore.ts'
import { checkFirestoreOptions, FIRESTORE_CONNECTION_NAMES } from '../clients/firestore-options.ts'
import { connectRedis, type RedisConnectionOptions } from '../clients/ioredis.ts'
import { checkRedisOptions, REDIS_CONNECTION_NAMES } from '../clients/redis-options.ts'
import { ThermoclineError } from '../errors.ts'
import { checkNames } from '../lib/check-names.ts'
import { CHECKED_STORE_DEFAULTS } from '../tiers/checked-durable-store.ts'
import type { DurableStore } from '../tiers/durable-store.ts'
import { checkedHotStore, type HotCallOptions } from '../tiers/hot/checked-hot-store.ts'
import { layeredHotStore } from '../tiers/hot/layered-hot-store.ts'
import type { HotStore } from '../tiers/hot-store.ts'
import { TIER_DEFAULTS } from '../tiers/options.ts'
import type { Stores, TieredStorageOptions } from '../tiers/tiered-storage.ts'
import { firestoreDurableStore } from './firestore/durable-store.ts'
import { inProcessDurableStore } from './in-process/durable-store.ts'
import { type InProcessHotStoreOptions, inProcessHotStore } from './in-process/hot-store.ts'
import { type RedisHotStoreOptions, redisHotStore } from './redis/hot-store.ts'
import type { RedisLRUCache } from './redis/redis-lru-cache.ts'
import { sqliteDurableStore } from './sqlite/durable-store.ts'

/** Where a manager keeps what it is given. */
export interface StoreOptions extends Pick<TieredStorageOptions, 'clock' | 'durableCalls' | 'defaultTtl'> {
  /** Where items are kept: a SQLite file, or `:memory:` to keep nothing. @default "thermocline.db" */
  readonly path?: string
  /** `normal` makes writes several times faster, and the last of them may be lost with the power. @default "full" */
  readonly synchronous?: 'full' | 'normal'
  /** A Google Cloud project in whose Firestore items are kept, in place of a file. @default none */
  readonly projectId?: string
  /** The same for another database, other credentials or a client of one's own, and where the documents lie. */
  readonly firestore?: FirestoreStoreOptions
  /** Bounds of the copies in this process. */
  readonly inProcess?: InProcessHotStoreOptions
  /** Host of a Redis that holds hot copies for all processes. @default none: hot copies are in this process alone */
  readonly redisHost?: string
  /** Its port. @default 6379 */
  readonly redisPort?: number
  /** The same for a cluster, Sentinels, TLS, passwords or a client of one's own, and how it is used. */
  readonly redis?: RedisHotTierOptions
  /** Bounds of one call of the hot tier, where it lies outside of the process. */
  readonly hotCalls?: HotCallOptions
  /** Stores of one's own, in place of those above. */
  readonly stores?: Stores
}

/** Where Firestore is, and where in it the documents lie. */
export interface FirestoreStoreOptions extends FirestoreConnectionOptions {
  /** Collection below which all documents lie: 1 to 100 letters, digits, `_` or `-`. @default "thermocline" */
  readonly collectionPrefix?: string
}

/** Where Redis is, and how it holds hot copies. */
export interface RedisHotTierOptions
  extends RedisConnectionOptions,
    Partial<
      Pick<RedisHotStoreOptions, 'keyPrefix' | 'maxItemsPerSession' | 'maxBytesPerSession' | 'maxSegmentBytes'>
    > {}

/** Names of the options that choose stores, beside those that they share with others. */
export const STORE_OPTIONS: readonly string[] = Object.freeze([
  ...['path', 'synchronous', 'projectId', 'firestore', 'inProcess'],
  ...['redisHost', 'redisPort', 'redis', 'hotCalls', 'stores'],
])

/** @throws ThermoclineError `INVALID_OPTION` */
export function chooseStores(options: StoreOptions): Stores {
  const { stores } = options
  if (stores === undefined) return { durable: chooseDurableStore(options), hot: chooseHotStore(options) }
  checkNames('INVALID_OPTION', 'Cannot use option stores', stores, ['durable', 'hot'])
  return { ...stores, hot: stores.hot.isShared === true ? over(options, stores.hot) : stores.hot }
}

function chooseDurableStore(options: StoreOptions): DurableStore {
  const { path, synchronous, projectId, firestore } = options
  if (projectId !== undefined || firestore !== undefined) return chooseFirestore(options)
  if (path === ':memory:') return inProcessDurableStore()
  return sqliteDurableStore({ ...(path !== undefined && { path }), ...(synchronous && { synchronous }) })
}

function chooseFirestore({ path, synchronous, projectId, firestore, clock, durableCalls }: StoreOptions): DurableStore {
  const ofFile = path !== undefined ? 'path' : synchronous !== undefined ? 'synchronous' : undefined
  if (ofFile !== undefined) {
    const message = `Cannot open a memory: option ${ofFile} has no meaning beside projectId and firestore: expected one of them`
    throw new ThermoclineError('INVALID_OPTION', message, { details: { name: ofFile } })
  }
  if (firestore !== undefined) {
    const names = [...FIRESTORE_CONNECTION_NAMES, 'collectionPrefix']
    checkNames('INVALID_OPTION', 'Cannot use option firestore', firestore, names)
  }
  const { collectionPrefix, ...connection } = firestore ?? {}
  if (projectId !== undefined && connection.projectId !== undefined && connection.projectId !== projectId) {
    const message = 'Cannot open a memory: expected one project: received another in option firestore'
    throw new ThermoclineError('INVALID_OPTION', message, { details: { name: 'projectId' } })
  }
  const where = { ...connection, ...(projectId !== undefined && { projectId }) }
  checkFirestoreOptions(where)
  const { timeoutMs = CHECKED_STORE_DEFAULTS.timeoutMs } = durableCalls ?? {}
  return firestoreDurableStore({
    // By real time, whatever the clock says: what is waited for is on the other side of a network.
    connect: () => connectFirestore(where, { timeoutMs }),
    ...(collectionPrefix !== undefined && { collectionPrefix }),
    ...(clock && { clock }),
  })
}

function chooseHotStore(options: StoreOptions): HotStore {
  const { redisHost, redisPort, redis } = options
  if (redisHost === undefined && redisPort === undefined && redis === undefined)
    return inProcessHotStore(options.inProcess)
  if (redis !== undefined)
    checkNames('INVALID_OPTION', 'Cannot use option redis', redis, [...REDIS_CONNECTION_NAMES, ...HOT_STORE_OPTIONS])
  const { keyPrefix, maxItemsPerSession, maxBytesPerSession, maxSegmentBytes, ...connection } = redis ?? {}
  const where = {
    ...(redisHost !== undefined && { redisHost }),
    ...(redisPort !== undefined && { redisPort }),
    ...connection,
  }
  checkRedisOptions(where)
  return overRedis(options, () => connectRedis(where))
}

/** Copies in this process over those in Redis. */
function overRedis(options: StoreOptions, connect: RedisHotStoreOptions['connect']): HotStore {
  const { clock, redis = {}, defaultTtl = TIER_DEFAULTS.defaultTtl } = options
  const bounds = Object.fromEntries(
    HOT_STORE_OPTIONS.flatMap((name) => (redis[name] === undefined ? [] : [[name, redis[name]]])),
  )
  return over(options, redisHotStore({ connect, segmentTtlMs: defaultTtl * 1000, ...bounds, ...(clock && { clock }) }))
}

/** Copies in this process over those in Redis, over a connection that is somebody else's. */
export function overCache(options: StoreOptions, cache: RedisLRUCache): HotStore {
  return overRedis({ ...options, redis: { ...options.redis, keyPrefix: cache.keyPrefix } }, async () => {
    let failure: unknown
    // It goes on trying by itself, so that a connection may be there all the same.
    await cache.connect().catch((error: unknown) => {
      failure = error
    })
    try {
      return { ...cache.connection, close: async () => undefined }
    } catch (error) {
      throw failure ?? error
    }
  })
}

const HOT_STORE_OPTIONS = ['keyPrefix', 'maxItemsPerSession', 'maxBytesPerSession', 'maxSegmentBytes'] as const

/** By real time, whatever the clock says: what is waited for is on the other side of a network. */
function over({ inProcess, hotCalls }: StoreOptions, shared: HotStore): HotStore {
  return layeredHotStore(inProcessHotStore(inProcess), checkedHotStore(shared, hotCalls))
}
