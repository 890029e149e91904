import type { Clock } from '../lib/clock.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import type { SessionStamps } from '../memory/session-stamps.ts'
import type { DurableStore } from './durable-store.ts'
import type { HotStore } from './hot-store.ts'
import type { MemoryRelief } from './memory-relief.ts'
import type { TierOptions } from './options.ts'
import type { HeatLedger } from './placement/heat-ledger.ts'
import type { SegmentSource } from './reading/segment-source.ts'

/** Tokens of each item. */
export type CountTokens = (items: readonly MemoryItem[]) => Promise<readonly number[]>

/** What the read path, the write path and the migrator of one manager share. */
export interface TierParts {
  readonly durable: DurableStore
  /** Deadline of one of its calls, where it lies across a network, in milliseconds. */
  readonly durableTimeoutMs: number
  readonly hot: HotStore
  readonly segments: SegmentSource
  readonly ledger: HeatLedger
  readonly stamps: SessionStamps
  readonly clock: Clock
  readonly options: TierOptions
  readonly countTokens: CountTokens
  readonly relief: MemoryRelief
  /** Whether there is a store of the caller's own, which is read where ours knows nothing. */
  readonly hasBase: boolean
}
