import { ThermoclineError } from '../errors.ts'
import { checkNames, kindOf } from '../lib/check-names.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { MemoryItem, NewMemoryItem } from '../memory/memory-item.ts'
import { checkId, checkTenant, identifySession, type Owner, type SessionIdentity } from '../memory/session.ts'
import { SessionStamps } from '../memory/session-stamps.ts'
import { type BaseMemoryManager, callBase } from './base-memory-manager.ts'
import type { EraseReceipt } from './changing/erase-jobs.ts'
import type { OwnerAddress, RestoreReport, SessionAddress } from './check-arguments.ts'
import { type CheckedStoreOptions, checkedDurableStore, resolveCallOptions } from './checked-durable-store.ts'
import type { DurableStore } from './durable-store.ts'
import { Engine } from './engine.ts'
import type { HotStats, HotStore } from './hot-store.ts'
import { MemoryCalls } from './memory-calls.ts'
import { MemoryRelief } from './memory-relief.ts'
import { resolveTierOptions, type TierOptions } from './options.ts'
import { HeatLedger } from './placement/heat-ledger.ts'
import type { ItemReadOptions } from './reading/history-query.ts'
import { SegmentSource } from './reading/segment-source.ts'
import type { SessionInfo } from './reading/sessions.ts'
import type { TierCounts } from './reading/tier-counts.ts'
import type { MigrationOptions, MigrationReport } from './rewriting/migrator.ts'
import { ScopedMemory } from './scoped-memory.ts'
import type { CountTokens } from './tier-parts.ts'

/** The stores that a manager works on. It opens and closes them. */
export interface Stores {
  readonly durable: DurableStore
  readonly hot: HotStore
}

export interface TieredStorageOptions extends Partial<TierOptions> {
  /** The caller's own persistent store, if there is one. */
  readonly baseMemoryManager?: BaseMemoryManager
  /** Where time comes from. @default the system's clock */
  readonly clock?: Clock
  /** Deadline and bounds of calls to a durable store across a network. */
  readonly durableCalls?: CheckedStoreOptions
}

/** What {@link TieredStorage.getStats} tells of this process. */
export interface TieredStorageStats {
  readonly hot: HotStats & { readonly name: string; readonly hitRate: number }
  readonly durable: { readonly name: string; readonly persistent: boolean }
  /** Added through this object. */
  readonly itemsAdded: number
  readonly sweeps: number
  readonly lastSweep: MigrationReport | undefined
}

// A session's reads take about 300 bytes until they are written down.
const MAX_HEAT_SESSIONS = 10_000

/**
 * Conversation memory in three tiers over given stores. What is added is durable when its promise resolves; copies in
 * the hot tier are never the only ones. Opens itself on first use.
 */
export class TieredStorage extends MemoryCalls<SessionAddress, OwnerAddress> {
  /** What it gives up while the process is short of memory; a profiler sees to it. */
  readonly relief: MemoryRelief = new MemoryRelief()
  readonly #connect: () => Stores | Promise<Stores>
  readonly #options: TierOptions
  readonly #base: BaseMemoryManager | undefined
  readonly #clock: Clock
  readonly #durableCalls: Required<CheckedStoreOptions>
  readonly #countTokens: CountTokens
  /** Aborted by `close`: ends a sweep after the session at hand. */
  readonly #stop = new AbortController()
  #engine: Engine | undefined
  #opening: Promise<Engine> | undefined
  #closing: Promise<void> | undefined
  #stopTimer: (() => void) | undefined
  #sweeping: Promise<unknown> = Promise.resolve()
  #isTimerSweeping = false
  #sweeps = 0
  #lastSweep: MigrationReport | undefined

  /** @throws ThermoclineError `INVALID_OPTION` */
  constructor(options: TieredStorageOptions, connect: () => Stores | Promise<Stores>, countTokens: CountTokens) {
    super()
    this.#options = resolveTierOptions(options)
    this.#base = options.baseMemoryManager
    this.#clock = inWholeMilliseconds(options.clock ?? systemClock)
    this.#durableCalls = resolveCallOptions(options.durableCalls ?? {})
    this.#connect = connect
    this.#countTokens = countTokens
  }

  /** Opens the stores and starts the sweeps. Repeating it is harmless; whatever is called first does it too. */
  async initialize(): Promise<void> {
    await this.#open()
  }

  /**
   * Adds an item to its session and gives its id. Durable when it resolves.
   * @throws ThermoclineError `INVALID_ID`, `INVALID_ITEM`, `ITEM_TOO_LARGE`; `OUT_OF_SCOPE` where `after` is of another
   * session; `OVERLOADED`; `STORE_…`; `BASE_MEMORY_FAILED` where the item is stored but the caller's own store failed
   */
  addMemoryItem(item: NewMemoryItem): Promise<string> {
    // An open engine is called without a turn in between: adding is what is done most.
    if (this.#engine !== undefined && !this.#options.requireScope) return this.#engine.add(item)
    return this.#addUnscoped(item)
  }

  /**
   * Adds several, of any sessions, in the order given, and gives their ids. All are checked before any is stored; where
   * storing fails for some, `details.storedIds` of the error names the others.
   * @throws ThermoclineError as {@link TieredStorage.addMemoryItem}
   */
  async addMemoryItems(items: readonly NewMemoryItem[]): Promise<string[]> {
    this.#refuseUnscoped('addMemoryItems')
    return (this.#engine ?? (await this.#open())).addAll(items)
  }

  /**
   * Puts items back under the very ids they have, as an export gave them; whoever does it twice changes nothing, and
   * what was deleted meanwhile stays deleted. All are checked before any is stored.
   * @throws ThermoclineError as {@link TieredStorage.addMemoryItem}; `OUT_OF_SCOPE` for an id that is of another session
   */
  async restoreMemoryItems(items: readonly MemoryItem[]): Promise<RestoreReport> {
    this.#refuseUnscoped('restoreMemoryItems')
    return (this.#engine ?? (await this.#open())).restore(items)
  }

  /**
   * An item by its id alone, or undefined where there is none (any more).
   * @throws ThermoclineError `INVALID_ID`, `INVALID_ARGUMENT`, `SCOPE_REQUIRED`, `STORE_…`
   */
  getMemoryItem(id: string, options?: ItemReadOptions): Promise<MemoryItem | undefined> {
    if (this.#engine !== undefined && options === undefined && typeof id === 'string' && !this.#options.requireScope) {
      // The shortest way for what is in this process: an id that is found there needs no checks.
      const item = this.#engine.reads.peek(id)
      if (item !== undefined) return Promise.resolve(item)
    }
    return this.#getItem(id, options)
  }

  /**
   * The same calls for one owner only: ids of others are refused before any store is asked.
   * @throws ThermoclineError `INVALID_ID`
   */
  scoped(owner: OwnerAddress): ScopedMemory {
    checkNames('INVALID_ARGUMENT', 'Cannot make a scope', owner, ['tenantId', 'userId'])
    return new ScopedMemory(() => this.#open(), this.owner(owner), this.relief)
  }

  /**
   * One sweep now: moves what is due to the tier where the placement rule wants it. While a sweep is under way, a second
   * call waits for it first.
   * @throws ThermoclineError `INVALID_ARGUMENT`, `STORE_…`
   */
  async runMigration(options: MigrationOptions = {}): Promise<MigrationReport> {
    checkNames('INVALID_ARGUMENT', 'Cannot run migration', options, [
      'all',
      'dryRun',
      'maxSessions',
      'signal',
      'onProgress',
    ])
    const engine = await this.#open()
    const signal =
      options.signal === undefined ? this.#stop.signal : AbortSignal.any([options.signal, this.#stop.signal])
    // One after the other, in the order of the calls.
    const running = this.#sweeping.then(() => engine.migrator.run({ ...options, signal }))
    this.#sweeping = running.catch(() => undefined)
    const report = await running
    if (!report.dryRun) {
      this.#sweeps += 1
      this.#lastSweep = report
    }
    return report
  }

  /** All sessions, of one user or of the whole store; for exports and the like. It is no read of the items. */
  async *iterateSessions(owner?: OwnerAddress): AsyncGenerator<SessionInfo, void, undefined> {
    this.#refuseUnscoped('iterateSessions')
    this.relief.check('export', 'iterate sessions')
    const one = owner === undefined ? undefined : this.owner(owner)
    yield* (await this.#open()).sessions.iterate(one)
  }

  /** What lies in which tier, of one user or of the whole store. Looks at every session, and is no read of the items. */
  override async getTierCounts(owner?: OwnerAddress): Promise<TierCounts> {
    this.#refuseUnscoped('getTierCounts')
    const one = owner === undefined ? undefined : this.owner(owner)
    return (await this.#open()).sessions.countTiers(one)
  }

  /**
   * How far an erase has come.
   * @throws ThermoclineError `INVALID_ARGUMENT`, `STORE_…`
   */
  async getEraseReceipt(id: string): Promise<EraseReceipt | undefined> {
    if (typeof id !== 'string') {
      throw new ThermoclineError('INVALID_ARGUMENT', `Cannot get receipt: expected its id: received ${kindOf(id)}`)
    }
    return (await this.#open()).erases.receipt(id)
  }

  /**
   * Writes the store's own files anew, without what was removed or moved: a SQLite file shrinks to what it holds. Nobody
   * can write meanwhile, about 7 ms per MB.
   * @throws ThermoclineError `STORE_TIMEOUT` where another process is in the way, `STORE_…`
   */
  async compact(): Promise<void> {
    await (await this.#open()).parts.durable.scrub?.()
  }

  /** Counts of this object since it was opened; all zero before. */
  getStats(): TieredStorageStats {
    const { hot, durable } = this.#engine?.parts ?? {}
    const stats = hot?.stats() ?? NO_HOT_STATS
    const asked = stats.hits + stats.misses
    return Object.freeze({
      hot: Object.freeze({ ...stats, name: hot?.name ?? '', hitRate: asked === 0 ? 0 : stats.hits / asked }),
      durable: Object.freeze({ name: durable?.name ?? '', persistent: durable?.capabilities.persistent ?? false }),
      itemsAdded: this.#engine?.itemsAdded ?? 0,
      sweeps: this.#sweeps,
      lastSweep: this.#lastSweep,
    })
  }

  /** Ends the sweeps, waits for what is under way, and closes the stores. Harmless when repeated. */
  close(): Promise<void> {
    this.#closing ??= this.#closeOnce()
    return this.#closing
  }

  async #closeOnce(): Promise<void> {
    this.#stop.abort()
    this.#stopTimer?.()
    this.#engine = undefined
    const engine = await this.#opening?.catch(() => undefined)
    await this.#sweeping
    await engine?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(): Promise<Engine> {
    if (this.#stop.signal.aborted)
      return Promise.reject(new ThermoclineError('NOT_OPEN', 'Cannot use this manager: it was closed'))
    this.#opening ??= this.#connectAll().catch((error: unknown) => {
      // The next call tries again.
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #connectAll(): Promise<Engine> {
    await callBase('initialize', () => this.#base?.initialize())
    const { durable: naked, hot } = await this.#connect()
    const durable = checkedDurableStore(naked, this.#durableCalls)
    try {
      await durable.open()
      await hot.open(durable.dataId?.())
    } catch (error) {
      await Promise.allSettled([hot.close(), durable.close()])
      throw error
    }
    const engine = new Engine(
      {
        durable,
        durableTimeoutMs: this.#durableCalls.timeoutMs,
        hot,
        segments: new SegmentSource(durable, hot, this.#options.segmentCacheMaxBytes),
        // A copy would go on counting where nobody looks any more.
        ledger: new HeatLedger(MAX_HEAT_SESSIONS, (key) => hot.release(key)),
        stamps: new SessionStamps(),
        clock: this.#clock,
        options: this.#options,
        countTokens: this.#countTokens,
        relief: this.relief,
        hasBase: this.#base !== undefined,
      },
      this.#base,
    )
    // Closed while opening: `close` waits for this and closes what was opened.
    if (this.#stop.signal.aborted) return engine
    this.#engine = engine
    const everyMs = this.#options.tierMigrationInterval * 1000
    if (everyMs > 0) {
      this.#stopTimer = this.#clock.every(everyMs, () => {
        if (this.#isTimerSweeping) return
        this.#isTimerSweeping = true
        const sweep = this.runMigration().finally(() => {
          this.#isTimerSweeping = false
        })
        engine.background(sweep.then(() => undefined))
      })
    }
    return engine
  }

  protected override refuse(method: string): void {
    this.#refuseUnscoped(method)
  }

  protected override open(): Engine | Promise<Engine> {
    return this.#engine ?? this.#open()
  }

  protected override session(address: SessionAddress): SessionIdentity {
    return identifySession(address)
  }

  protected override owner(given: OwnerAddress): Owner {
    if (typeof given !== 'object' || given === null) {
      throw new ThermoclineError('INVALID_ARGUMENT', `Cannot find user: expected { userId }: received ${kindOf(given)}`)
    }
    return { tenantId: checkTenant(given.tenantId), userId: checkId('userId', given.userId) }
  }

  protected override ownerOfItem(): undefined {
    return undefined
  }

  async #addUnscoped(item: NewMemoryItem): Promise<string> {
    this.#refuseUnscoped('addMemoryItem')
    return (await this.#open()).add(item)
  }

  async #getItem(id: string, options: ItemReadOptions | undefined): Promise<MemoryItem | undefined> {
    this.#refuseUnscoped('getMemoryItem')
    return (this.#engine ?? (await this.#open())).get(id, options)
  }

  #refuseUnscoped(method: string): void {
    if (!this.#options.requireScope) return
    throw new ThermoclineError(
      'SCOPE_REQUIRED',
      `Cannot call ${method}: requireScope is on; use scoped({ tenantId, userId }).${method}`,
    )
  }
}

/** Stores keep times as whole numbers, and a clock of the caller's own need not give them. */
function inWholeMilliseconds(clock: Clock): Clock {
  return {
    now: () => Math.trunc(clock.now()),
    every: (ms, callback) => clock.every(ms, callback),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  }
}

const NO_HOT_STATS: HotStats = Object.freeze({
  sessions: 0,
  segments: 0,
  bytes: 0,
  maxBytes: 0,
  hits: 0,
  misses: 0,
  evictions: 0,
})
