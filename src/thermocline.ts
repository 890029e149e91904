import { ContextPruner, type ContextPrunerOptions, openAITokenCounter, type TokenCounter } from './context/index.ts'
import { countItems } from './context/item-tokens.ts'
import { checkNames } from './lib/check-names.ts'
import { inProcessDurableStore } from './stores/in-process/durable-store.ts'
import { type InProcessHotStoreOptions, inProcessHotStore } from './stores/in-process/hot-store.ts'
import { sqliteDurableStore } from './stores/sqlite/durable-store.ts'
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
  /** Stores of one's own, in place of those above. */
  readonly stores?: Stores
}

const MANAGER_OPTIONS: readonly string[] = [
  ...Object.keys(TIER_DEFAULTS),
  ...['baseMemoryManager', 'clock', 'durableCalls', 'path', 'synchronous', 'inProcess', 'stores', 'tokenCounter'],
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
  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: TieredStorageManagerOptions = {}) {
    checkNames('INVALID_OPTION', 'Cannot open a memory', options, MANAGER_OPTIONS)
    if (options.stores !== undefined)
      checkNames('INVALID_OPTION', 'Cannot use option stores', options.stores, ['durable', 'hot'])
    const stores = options.stores ?? chooseStores(options)
    const { tokenCounter = openAITokenCounter() } = options
    super(
      options,
      () => stores,
      (items) => countItems(items, tokenCounter, undefined),
    )
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
  const { path, synchronous } = options
  const durable =
    path === ':memory:'
      ? inProcessDurableStore()
      : sqliteDurableStore({
          ...(path !== undefined && { path }),
          ...(synchronous && { synchronous }),
        })
  return { durable, hot: inProcessHotStore(options.inProcess) }
}
