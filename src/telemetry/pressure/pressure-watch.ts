import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { STORE_CHANNEL } from '../../lib/trace.ts'
import { CollectionCounter } from '../process/collection-counter.ts'
import type { PressureReport } from './actions.ts'
import { CollectingShare } from './collecting-share.ts'
import type { PressureGauge } from './gauge.ts'
import { GrowthRate } from './growth-rate.ts'
import type { PressureState } from './pressure.ts'
import type { PressureResponse } from './response.ts'

export interface PressureWatchOptions {
  readonly gauge: PressureGauge
  readonly response: PressureResponse
  /** Most time between two readings, in milliseconds. @default 1000 */
  readonly intervalMs?: number
  /** How much of the nearest limit is used, in percent. */
  readonly percentUsed: () => number
  /** Hears of each reading. Must not throw. */
  readonly onState?: (state: PressureState) => void
  /** Hears of what was done, where anything was. Must not throw. */
  readonly onReport?: (report: PressureReport) => void
  /** @default the system's clock */
  readonly clock?: Clock
}

/** Between two readings that calls of stores occasion: about 0.05 ms of each such span. */
const STORE_CALL_INTERVAL_MS = 100
/**
 * Reads, judges and acts: every so often; after each full collection, since a process in trouble collects more often than
 * a timer comes round; and at calls of stores, since one that awaits nothing but a file in this process never comes to
 * its timers at all.
 */
export class PressureWatch {
  readonly #options: PressureWatchOptions
  readonly #clock: Clock
  readonly #collections = new CollectionCounter(() => this.check())
  readonly #onStoreCall = (): void => {
    const elapsedMs = this.#clock.now() - this.#checkedAt
    if (elapsedMs >= STORE_CALL_INTERVAL_MS || elapsedMs < 0) this.check()
  }
  #stopTimer: (() => void) | undefined
  #checkedAt = Number.NEGATIVE_INFINITY
  #growth = new GrowthRate()
  #collecting = new CollectingShare()

  constructor(options: PressureWatchOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  start(): void {
    if (this.#stopTimer !== undefined) return
    this.#collections.start()
    this.#growth = new GrowthRate()
    this.#collecting = new CollectingShare()
    subscribe(STORE_CHANNEL, this.#onStoreCall)
    this.#stopTimer = this.#clock.every(this.#options.intervalMs ?? 1000, () => this.check())
  }

  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    unsubscribe(STORE_CHANNEL, this.#onStoreCall)
    this.#collections.stop()
  }

  /** A reading now, and what it asks for: all but the packing of sessions is done when this returns. */
  check(): PressureState {
    const { response, onReport } = this.#options
    const state = this.read()
    void response.respond(state).then((report) => {
      if (report.deeds.length > 0) onReport?.(report)
    })
    return state
  }

  /** A reading now, which nothing is done about. */
  read(): PressureState {
    const { gauge, percentUsed, onState } = this.#options
    const at = this.#clock.now()
    const use = percentUsed()
    const pauseMs = this.#collections.unforcedPauseMs
    this.#checkedAt = at
    this.#growth.add(at, use)
    this.#collecting.add(at, pauseMs)
    const state = gauge.update({
      at,
      percentUsed: use,
      percentPerMinute: this.#growth.perMinute(),
      collectingRatio: this.#collecting.ratio(at, pauseMs),
      fullCollections: this.#collections.collections().major.count,
    })
    onState?.(state)
    return state
  }
}
