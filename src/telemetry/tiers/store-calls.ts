import type { ErrorCode } from '../../errors.ts'
import { type StoreBeginEvent, type StoreCallEvent, storeBeginChannel, storeChannel } from '../../lib/trace.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import type { OperationMetrics, StoreMetrics } from './store-metrics.ts'

/** What says that the service is in trouble. */
const FAILURES: ReadonlySet<string> = new Set<ErrorCode>(['STORE_FAILED', 'STORE_UNAVAILABLE', 'STORE_TIMEOUT'])
/** What says nothing of it: such calls did not reach it, or were not waited for. */
const SILENT: ReadonlySet<string> = new Set<ErrorCode>(['NOT_OPEN', 'OVERLOADED', 'ABORTED'])

const MAX_STORES = 16
const MAX_OPERATIONS = 64
const MAX_CODES = 64
/** Takes whatever comes past those bounds. */
const OTHER = 'other'

/** Counts the calls of all stores in this process, as they are published, while it is started. */
export class StoreCalls {
  readonly #stores = new Map<string, StoreCount>()
  // Listeners are taken off by identity.
  readonly #onBegin = (message: unknown): void => this.#begin(message as StoreBeginEvent)
  readonly #onEnd = (message: unknown): void => this.#count(message as StoreCallEvent)
  #isStarted = false

  /** Harmless when repeated. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    storeBeginChannel.subscribe(this.#onBegin)
    storeChannel.subscribe(this.#onEnd)
  }

  /** What was counted stays. Harmless when repeated. */
  stop(): void {
    this.#isStarted = false
    storeBeginChannel.unsubscribe(this.#onBegin)
    storeChannel.unsubscribe(this.#onEnd)
    // Of what is under way now the end will not be heard.
    for (const count of this.#stores.values()) count.underWay = 0
  }

  /** In the order in which stores were first called; what is recent begins anew. */
  collect(): readonly StoreMetrics[] {
    return Object.freeze([...this.#stores].map(([store, count]) => takeMetrics(store, count)))
  }

  #begin({ store }: StoreBeginEvent): void {
    const count = entry(this.#stores, store, MAX_STORES, newStoreCount)
    if (count.underWay === 0) count.stalledSinceMs = performance.now()
    count.underWay += 1
  }

  #count({ store, operation, durationMs, error }: StoreCallEvent): void {
    const count = entry(this.#stores, store, MAX_STORES, newStoreCount)
    const call = entry(count.operations, operation, MAX_OPERATIONS, newOperationCount)
    count.calls += 1
    call.latency.record(durationMs)
    // Stores in this process don't tell of beginnings, and others may have begun before this listened.
    if (count.underWay > 0) count.underWay -= 1
    if (error === undefined) {
      count.isFailing = false
      if (count.underWay > 0) count.stalledSinceMs = performance.now()
      return
    }
    count.errors += 1
    call.errors += 1
    entry(count.codes, error, MAX_CODES, newCodeCount).errors += 1
    if (FAILURES.has(error)) {
      count.isFailing = true
      count.lastFailure = error
      count.failures += 1
    } else if (SILENT.has(error)) {
      count.silent += 1
    } else {
      count.isFailing = false
    }
  }
}

interface Totals {
  calls: number
  errors: number
  failures: number
  silent: number
}

interface StoreCount extends Totals {
  /** As they were when they were last collected. */
  collected: Readonly<Totals>
  underWay: number
  /** Since then none of the calls under way has ended well. */
  stalledSinceMs: number
  isFailing: boolean
  lastFailure: string | undefined
  readonly codes: Map<string, CodeCount>
  readonly operations: Map<string, OperationCount>
}

interface OperationCount {
  errors: number
  readonly latency: LatencyHistogram
}

interface CodeCount {
  errors: number
}

function newStoreCount(): StoreCount {
  return {
    calls: 0,
    errors: 0,
    failures: 0,
    silent: 0,
    collected: { calls: 0, errors: 0, failures: 0, silent: 0 },
    underWay: 0,
    stalledSinceMs: 0,
    isFailing: false,
    lastFailure: undefined,
    codes: new Map(),
    operations: new Map(),
  }
}

function newOperationCount(): OperationCount {
  return { errors: 0, latency: new LatencyHistogram() }
}

function newCodeCount(): CodeCount {
  return { errors: 0 }
}

function entry<T>(entries: Map<string, T>, name: string, max: number, make: () => T): T {
  const known = entries.get(name)
  if (known !== undefined) return known
  if (entries.size >= max && name !== OTHER) return entry(entries, OTHER, max, make)
  const made = make()
  entries.set(name, made)
  return made
}

function takeMetrics(store: string, count: StoreCount): StoreMetrics {
  const { calls, errors, failures, silent, collected } = count
  count.collected = { calls, errors, failures, silent }
  return Object.freeze({
    store,
    calls,
    errors,
    recentCalls: calls - collected.calls,
    recentErrors: errors - collected.errors,
    recentFailures: failures - collected.failures,
    recentSilent: silent - collected.silent,
    stalledMs: count.underWay === 0 ? 0 : performance.now() - count.stalledSinceMs,
    isFailing: count.isFailing,
    lastFailure: count.lastFailure,
    errorsByCode: Object.freeze(Object.fromEntries([...count.codes].map(([code, of]) => [code, of.errors]))),
    operations: Object.freeze([...count.operations].map(operationMetrics)),
  })
}

function operationMetrics([operation, { errors, latency }]: [string, OperationCount]): OperationMetrics {
  const metrics = latency.metrics()
  return Object.freeze({ operation, calls: metrics.count, errors, latency: metrics })
}
