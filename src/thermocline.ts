import { ContextPruner, type ContextPrunerOptions, openAITokenCounter, type TokenCounter } from './context/index.ts'
import { countItems } from './context/item-tokens.ts'
import { ThermoclineError } from './errors.ts'
import { checkNames, kindOf } from './lib/check-names.ts'
import { chooseStores, overCache, STORE_OPTIONS, type StoreOptions } from './stores/choose-stores.ts'
import { RedisLRUCache } from './stores/redis/redis-lru-cache.ts'
import { TIER_DEFAULTS } from './tiers/options.ts'
import { TieredStorage, type TieredStorageOptions } from './tiers/tiered-storage.ts'

/** Plain options for a manager that chooses its own stores. */
export interface TieredStorageManagerOptions extends TieredStorageOptions, StoreOptions {
  /** What `maxTokens` of a history counts with. @default openAITokenCounter(), which needs the package gpt-tokenizer */
  readonly tokenCounter?: TokenCounter
}

const MANAGER_OPTIONS: readonly string[] = [
  ...Object.keys(TIER_DEFAULTS),
  ...['baseMemoryManager', 'clock', 'durableCalls', 'tokenCounter'],
  ...STORE_OPTIONS,
]

/**
 * Conversation memory in three tiers. By Node's own parts alone: hot in this process, warm and cold in a SQLite file.
 * With `redisHost`, hot in Redis too; with `projectId`, warm and cold in Firestore.
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
  // Where nothing works but through scopes, a summary is stored through the scope that a prune is given.
  const pruner = new ContextPruner(options.requireScope === true ? context : { memory, ...context })
  await memory.initialize()
  const close = (): Promise<void> => memory.close()
  return Object.freeze({ memory, pruner, close, [Symbol.asyncDispose]: close })
}
