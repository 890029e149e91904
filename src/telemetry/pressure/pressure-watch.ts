import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { STORE_CHANNEL } from '../../lib/trace.ts'
import { CollectionCounter } from '../process/collection-counter.ts'
import { MemoryLimits } from '../process/memory-limits.ts'
import type { PressureReport } from './actions.ts'
import type { PressureGauge } from './gauge.ts'
import type { PressureState } from './pressure.ts'
import type { PressureResponse } from './response.ts'

export interface PressureWatchOptions {
  readonly gauge: PressureGauge
  readonly response: PressureResponse
  /** Most time between two readings, in milliseconds. @default 1000 */
  readonly intervalMs?: number
  /** How much of the nearest limit is used, in percent. @default as `MemoryLimits` reads it */
  readonly percentUsed?: () => number
  /** How fast that rises, in percent per minute, where somebody knows. */
  readonly percentPerMinute?: () => number | undefined
  /** Hears of each reading. Must not throw. */
  readonly onState?: (state: PressureState) => void
  /** Hears of what was done, where anything was. Must not throw. */
  readonly onReport?: (report: PressureReport) => void
  /** @default the system's clock */
  readonly clock?: Clock
}

/** Between two readings that calls of stores occasion: about 0.05 ms of each such span. */
const STORE_CALL_INTERVAL_MS = 100
/** A share of less time than that says little. */
const MIN_SHARE_MS = 500

/**
 * Reads, judges and acts: every so often; after each full collection, since a process in trouble collects more often than
 * a timer comes round; and at calls of stores, since one that awaits nothing but a file in this process never comes to
 * its timers at all.
 */
export class PressureWatch {
  readonly #options: PressureWatchOptions
  readonly #clock: Clock
  readonly #percentUsed: () => number
  readonly #collections = new CollectionCounter(() => this.check())
  readonly #onStoreCall = (): void => {
    const elapsedMs = this.#clock.now() - this.#checkedAt
    if (elapsedMs >= STORE_CALL_INTERVAL_MS || elapsedMs < 0) this.check()
  }
  #stopTimer: (() => void) | undefined
  #checkedAt = Number.NEGATIVE_INFINITY
  #ratioOf = { at: 0, pauseMs: 0 }
  #collectingRatio = 0
  #state: PressureState | undefined

  constructor(options: PressureWatchOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const limits = new MemoryLimits()
    this.#percentUsed = options.percentUsed ?? (() => limits.read().percentUsed)
  }

  /** What the last reading came to. */
  get state(): PressureState | undefined {
    return this.#state
  }

  start(): void {
    if (this.#stopTimer !== undefined) return
    this.#collections.start()
    this.#ratioOf = { at: this.#clock.now(), pauseMs: 0 }
    subscribe(STORE_CHANNEL, this.#onStoreCall)
    this.#stopTimer = this.#clock.every(this.#options.intervalMs ?? 1000, () => this.check())
  }

  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    unsubscribe(STORE_CHANNEL, this.#onStoreCall)
    this.#collections.stop()
  }

  /** One reading now. What it asks for is done, but for the packing of sessions, when this returns. */
  check(): PressureState {
    const { gauge, response, onState, onReport, percentPerMinute } = this.#options
    const at = this.#clock.now()
    this.#checkedAt = at
    const state = gauge.update({
      at,
      percentUsed: this.#percentUsed(),
      percentPerMinute: percentPerMinute?.(),
      collectingRatio: this.#ratio(at),
      fullCollections: this.#collections.collections().major.count,
    })
    this.#state = state
    onState?.(state)
    void response.respond(state).then((report) => {
      if (report.deeds.length > 0) onReport?.(report)
    })
    return state
  }

  #ratio(at: number): number {
    const { pauseMs } = this.#collections.collections().major
    const elapsedMs = at - this.#ratioOf.at
    if (elapsedMs < MIN_SHARE_MS && elapsedMs >= 0) return this.#collectingRatio
    this.#collectingRatio = Math.max(0, Math.min(1, (pauseMs - this.#ratioOf.pauseMs) / elapsedMs))
    this.#ratioOf = { at, pauseMs }
    return this.#collectingRatio
  }
}
