import { connectRedis, type RedisConnectionOptions } from './clients/ioredis.ts'
import { checkRedisOptions, REDIS_CONNECTION_NAMES } from './clients/redis-options.ts'
import { ContextPruner, type ContextPrunerOptions, openAITokenCounter, type TokenCounter } from './context/index.ts'
import { countItems } from './context/item-tokens.ts'
import { ThermoclineError } from './errors.ts'
import { checkNames, kindOf } from './lib/check-names.ts'
import { inProcessDurableStore } from './stores/in-process/durable-store.ts'
import { type InProcessHotStoreOptions, inProcessHotStore } from './stores/in-process/hot-store.ts'
import { type RedisHotStoreOptions, redisHotStore } from './stores/redis/hot-store.ts'
import { RedisLRUCache } from './stores/redis/redis-lru-cache.ts'
import { sqliteDurableStore } from './stores/sqlite/durable-store.ts'
import { checkedHotStore, type HotCallOptions } from './tiers/hot/checked-hot-store.ts'
import { layeredHotStore } from './tiers/hot/layered-hot-store.ts'
import type { HotStore } from './tiers/hot-store.ts'
import { TIER_DEFAULTS } from './tiers/options.ts'
import { type Stores, TieredStorage, type TieredStorageOptions } from './tiers/tiered-storage.ts'

/** Plain options for a manager that chooses its own stores. */
export interface TieredStorageManagerOptions extends TieredStorageOptions {
  /** Where items are kept: a SQLite file, or `:memory:` to keep nothing. @default "thermocline.db" */
  readonly path?: string
  /** `normal` makes writes several times faster, and the last of them may be lost with the power. @default "full" */
  readonly synchronous?: 'full' | 'normal'
  /** Bounds of the copies in this process. */
  readonly inProcess?: InProcessHotStoreOptions
  /** What `maxTokens` of a history counts with. @default openAITokenCounter(), which needs the package gpt-tokenizer */
  readonly tokenCounter?: TokenCounter
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

/** Where Redis is, and how it holds hot copies. */
export interface RedisHotTierOptions
  extends RedisConnectionOptions,
    Partial<
      Pick<RedisHotStoreOptions, 'keyPrefix' | 'maxItemsPerSession' | 'maxBytesPerSession' | 'maxSegmentBytes'>
    > {}

const MANAGER_OPTIONS: readonly string[] = [
  ...Object.keys(TIER_DEFAULTS),
  ...['baseMemoryManager', 'clock', 'durableCalls', 'path', 'synchronous', 'inProcess', 'stores', 'tokenCounter'],
  ...['redisHost', 'redisPort', 'redis', 'hotCalls'],
]

/**
 * Conversation memory in three tiers: hot in this process, warm and cold in a SQLite file, by Node's own parts alone.
 *
 * @example
 * ```ts
 * import { TieredStorageManager } from 'thermocline'
 *
 * const memory = new TieredStorageManager({ path: 'chat.db', hotTierMaxAgeDays: 3 })
 * await memory.initialize()
 * ```
 */
export class TieredStorageManager extends TieredStorage {
  #redisCache: RedisLRUCache | undefined
  #isConnected = false

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: TieredStorageManagerOptions = {}) {
    checkNames('INVALID_OPTION', 'Cannot open a memory', options, MANAGER_OPTIONS)
    if (options.stores !== undefined)
      checkNames('INVALID_OPTION', 'Cannot use option stores', options.stores, ['durable', 'hot'])
    const stores = chooseStores(options)
    const { tokenCounter = openAITokenCounter() } = options
    super(
      options,
      () => {
        this.#isConnected = true
        const cache = this.#redisCache
        return cache === undefined ? stores : { ...stores, hot: overCache(options, cache) }
      },
      (items) => countItems(items, tokenCounter, undefined),
    )
  }

  /**
   * Lets the server of a cache hold the hot copies too, over its connection, which stays the cache's to close. To be
   * called before the first use of the manager.
   * @throws ThermoclineError `INVALID_ARGUMENT`, also where the manager has a hot tier already
   */
  setRedisCache(cache: RedisLRUCache): void {
    if (!(cache instanceof RedisLRUCache)) {
      throw new ThermoclineError(
        'INVALID_ARGUMENT',
        `Cannot set cache: expected a RedisLRUCache: received ${kindOf(cache)}`,
      )
    }
    if (this.#isConnected) {
      throw new ThermoclineError(
        'INVALID_ARGUMENT',
        'Cannot set cache: the manager is open: set it before its first use',
      )
    }
    this.#redisCache = cache
  }
}

export interface ThermoclineOptions extends TieredStorageManagerOptions {
  /** How context is pruned. */
  readonly context?: ContextPrunerOptions
}

/** The parts, joined. `await using` closes them. */
export interface Thermocline extends AsyncDisposable {
  readonly memory: TieredStorageManager
  readonly pruner: ContextPruner
  close(): Promise<void>
}

/**
 * Opens a memory for agents; without options, one that needs nothing but Node: `thermocline.db` in the working folder.
 * @throws ThermoclineError `INVALID_OPTION`, `STORE_UNAVAILABLE`, `STORE_VERSION`, `STORE_FAILED`
 */
export async function openThermocline(options: ThermoclineOptions = {}): Promise<Thermocline> {
  checkNames('INVALID_OPTION', 'Cannot open a memory', options, [...MANAGER_OPTIONS, 'context'])
  const { context, ...managerOptions } = options
  // What fits a prompt is counted in one way, unless somebody wants it otherwise.
  const tokenCounter = managerOptions.tokenCounter ?? context?.tokenCounter
  const memory = new TieredStorageManager({ ...managerOptions, ...(tokenCounter && { tokenCounter }) })
  const pruner = new ContextPruner(context)
  await memory.initialize()
  const close = (): Promise<void> => memory.close()
  return Object.freeze({ memory, pruner, close, [Symbol.asyncDispose]: close })
}

function chooseStores(options: TieredStorageManagerOptions): Stores {
  const { path, synchronous, stores } = options
  if (stores !== undefined)
    return { ...stores, hot: stores.hot.isShared === true ? over(options, stores.hot) : stores.hot }
  const durable =
    path === ':memory:'
      ? inProcessDurableStore()
      : sqliteDurableStore({
          ...(path !== undefined && { path }),
          ...(synchronous && { synchronous }),
        })
  return { durable, hot: chooseHotStore(options) }
}

function chooseHotStore(options: TieredStorageManagerOptions): HotStore {
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
function overRedis(options: TieredStorageManagerOptions, connect: RedisHotStoreOptions['connect']): HotStore {
  const { clock, redis = {}, defaultTtl = TIER_DEFAULTS.defaultTtl } = options
  const bounds = Object.fromEntries(
    HOT_STORE_OPTIONS.flatMap((name) => (redis[name] === undefined ? [] : [[name, redis[name]]])),
  )
  return over(options, redisHotStore({ connect, segmentTtlMs: defaultTtl * 1000, ...bounds, ...(clock && { clock }) }))
}

/** The same over a connection that is somebody else's. */
function overCache(options: TieredStorageManagerOptions, cache: RedisLRUCache): HotStore {
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
function over({ inProcess, hotCalls }: TieredStorageManagerOptions, shared: HotStore): HotStore {
  return layeredHotStore(inProcessHotStore(inProcess), checkedHotStore(shared, hotCalls))
}
