import { type Clock, systemClock } from '../../lib/clock.ts'
import { ratio, recentRatio } from './ratio.ts'
import type {
  HotTierMetrics,
  MigrationMetrics,
  SharedTierMetrics,
  TierItems,
  TierMetrics,
  TierSize,
} from './tier-metrics.ts'

/** What is used of a manager of tiers; `TieredStorage` is one. */
export interface TierSource {
  getStats(): TierSourceStats
  /** Looks at every session, so it is only called on request. */
  getTierCounts?(): Promise<Readonly<Record<'hot' | 'warm' | 'cold', TierSize>>>
}

export interface TierSourceStats {
  readonly hot: {
    readonly sessions: number
    readonly segments: number
    readonly bytes: number
    readonly maxBytes: number
    readonly hits: number
    readonly misses: number
    readonly evictions: number
    readonly shared?: Omit<SharedTierMetrics, 'hitRate'>
  }
  readonly durable: { readonly name: string }
  readonly itemsAdded: number
  readonly sweeps: number
  readonly lastSweep:
    | {
        readonly sessions: number
        readonly failed: number
        readonly sealed: { readonly items: number }
        readonly archived: { readonly items: number }
        readonly rehydrated: { readonly items: number }
        readonly durationMs: number
      }
    | undefined
}

/** Tells what the tiers of one manager do, and what they did since it was last asked. */
export class TierWatch {
  readonly #source: TierSource
  readonly #clock: Clock
  #before: { readonly at: number; readonly hot: TierSourceStats['hot'] } | undefined
  #items: TierItems | undefined
  #counting: Promise<void> | undefined

  constructor(source: TierSource, clock: Clock = systemClock) {
    this.#source = source
    this.#clock = clock
  }

  collect(): TierMetrics {
    const at = this.#clock.now()
    const { hot, durable, itemsAdded, sweeps, lastSweep } = this.#source.getStats()
    const before = this.#before
    this.#before = { at, hot }
    return Object.freeze({
      at,
      hot: hotMetrics(hot, before?.hot, before === undefined ? 0 : (at - before.at) / 1_000),
      durable: durable.name,
      itemsAdded,
      migrations: migrationMetrics(sweeps, lastSweep),
      items: this.#items,
    })
  }

  /**
   * Counts what lies in which tier, for later metrics. Reads the record of every session: minutes where there are
   * millions. While it runs, further calls wait for the same count.
   */
  countItems(): Promise<void> {
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined
    })
    return this.#counting
  }

  async #count(): Promise<void> {
    const counts = await this.#source.getTierCounts?.()
    if (counts === undefined) return
    const [hot, warm, cold] = [tierSize(counts.hot), tierSize(counts.warm), tierSize(counts.cold)]
    this.#items = Object.freeze({ countedAt: this.#clock.now(), hot, warm, cold })
  }
}

function tierSize({ items, bytes }: TierSize): TierSize {
  return Object.freeze({ items, bytes })
}

function hotMetrics(
  now: TierSourceStats['hot'],
  before: TierSourceStats['hot'] | undefined,
  seconds: number,
): HotTierMetrics {
  const { sessions, segments, bytes, maxBytes, hits, misses, evictions, shared } = now
  const evicted = Math.max(0, evictions - (before?.evictions ?? evictions))
  return Object.freeze({
    sessions,
    segments,
    bytes,
    maxBytes,
    percentFull: 100 * ratio(bytes, maxBytes),
    hits,
    misses,
    hitRate: ratio(hits, hits + misses),
    recentHitRate: recentRatio(now, before),
    evictions,
    evictionRate: seconds > 0 ? evicted / seconds : 0,
    shared: shared && sharedMetrics(shared),
  })
}

function sharedMetrics(shared: Omit<SharedTierMetrics, 'hitRate'>): SharedTierMetrics {
  const { name, hits, misses, failures, isReachable, lastError } = shared
  return Object.freeze({ name, hits, misses, hitRate: ratio(hits, hits + misses), failures, isReachable, lastError })
}

function migrationMetrics(sweeps: number, last: TierSourceStats['lastSweep']): MigrationMetrics {
  return Object.freeze({
    sweeps,
    sessions: last?.sessions ?? 0,
    failed: last?.failed ?? 0,
    sealedItems: last?.sealed.items ?? 0,
    archivedItems: last?.archived.items ?? 0,
    rehydratedItems: last?.rehydrated.items ?? 0,
    durationMs: last?.durationMs ?? 0,
  })
}
