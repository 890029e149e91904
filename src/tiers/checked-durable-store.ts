import { type RemoteCall, remoteCall } from '../clients/cockatiel.ts'
import { isThermoclineError, ThermoclineError } from '../errors.ts'
import { checkNames } from '../lib/check-names.ts'
import { checkNumberOption } from '../lib/check-options.ts'
import { errorMessage } from '../lib/error-message.ts'
import { type StoreBeginEvent, type StoreCallEvent, storeBeginChannel, storeChannel } from '../lib/trace.ts'
import type { DurableStore } from './durable-store.ts'
import { WrappedDurableStore } from './wrapped-durable-store.ts'

export interface CheckedStoreOptions {
  /** Deadline of one call of a remote store, in milliseconds. @default 5000 */
  readonly timeoutMs?: number
  /** Calls of a remote store under way at once; more wait. @default 100 */
  readonly maxInFlight?: number
  /** Calls that wait; more are refused. @default 1000 */
  readonly maxWaiting?: number
  /** Failures in a row after which a remote store is left alone for a moment. @default 5 */
  readonly breakerFailures?: number
  /** After so long one call tries whether it is back, in milliseconds. @default 1000 */
  readonly breakerHalfOpenMs?: number
}

export const CHECKED_STORE_DEFAULTS: Required<CheckedStoreOptions> = Object.freeze({
  timeoutMs: 5000,
  maxInFlight: 100,
  maxWaiting: 1000,
  breakerFailures: 5,
  breakerHalfOpenMs: 1000,
})

/**
 * What every durable store needs and none should write itself: opened once and closed once, no call before or after,
 * errors in our terms, one trace event per call; for remote stores also a deadline, bounded concurrency and a circuit
 * breaker.
 * @throws ThermoclineError from every call: `NOT_OPEN`, `STORE_TIMEOUT`, `STORE_UNAVAILABLE`, `OVERLOADED`, `STORE_FAILED`
 */
export function checkedDurableStore(store: DurableStore, options: CheckedStoreOptions = {}): DurableStore {
  return new CheckedDurableStore(store, resolveCallOptions(options))
}

/** @throws ThermoclineError `INVALID_OPTION` */
export function resolveCallOptions(given: CheckedStoreOptions): Required<CheckedStoreOptions> {
  checkNames('INVALID_OPTION', 'Cannot use option durableCalls', given, Object.keys(CHECKED_STORE_DEFAULTS))
  const options = { ...CHECKED_STORE_DEFAULTS, ...given }
  for (const [name, value] of Object.entries(options))
    checkNumberOption(`durableCalls.${name}`, value, [1, 2_147_483_647, true])
  return Object.freeze(options)
}

class CheckedDurableStore extends WrappedDurableStore {
  readonly #options: Required<CheckedStoreOptions>
  #remote: RemoteCall | undefined
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #isOpen = false
  /** The store was opened, whatever else failed. */
  #isHeld = false

  constructor(store: DurableStore, options: Required<CheckedStoreOptions>) {
    super(store)
    this.#options = options
  }

  override open(): Promise<void> {
    this.#opening ??= this.#openOnce().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  override close(): Promise<void> {
    this.#closing ??= this.#closeOnce()
    return this.#closing
  }

  async #openOnce(): Promise<void> {
    // Both load packages, which takes most of the first call of a process.
    const remote = this.capabilities.remote ? remoteCall(this.#options, isServiceFailure) : undefined
    await Promise.all([remote, this.store.open().then(() => (this.#isHeld = true))])
    this.#remote = await remote
    // Closed meanwhile: what was opened is closed by whoever waits for this.
    this.#isOpen = this.#closing === undefined
  }

  async #closeOnce(): Promise<void> {
    this.#isOpen = false
    await this.#opening?.catch(() => undefined)
    // Others may have the same store open: what failed to open is not ours to close.
    if (this.#isHeld) await this.store.close()
  }

  protected override async call<T>(operation: string, body: () => Promise<T>): Promise<T> {
    if (!this.#isOpen)
      throw new ThermoclineError('NOT_OPEN', `Cannot ${operation} in ${this.name}: the store is not open`)
    const startedAt = storeChannel.hasSubscribers ? performance.now() : undefined
    let failure: ThermoclineError | undefined
    if (this.#remote !== undefined && storeBeginChannel.hasSubscribers) {
      storeBeginChannel.publish({ store: this.name } satisfies StoreBeginEvent)
    }
    try {
      return await (this.#remote === undefined ? body() : this.#remote(`${operation} in ${this.name}`, body))
    } catch (error) {
      failure = isThermoclineError(error) ? error : wrap(error, operation, this.name)
      throw failure
    } finally {
      if (startedAt !== undefined) {
        storeChannel.publish({
          store: this.name,
          operation,
          durationMs: performance.now() - startedAt,
          // Others were in the way, and the service works.
          error: failure?.details.contended === true ? 'CONFLICT' : failure?.code,
        } satisfies StoreCallEvent)
      }
    }
  }
}

function wrap(error: unknown, operation: string, store: string): ThermoclineError {
  const reason = errorMessage(error)
  return new ThermoclineError('STORE_FAILED', `Cannot ${operation} in ${store}: ${reason}`, { cause: error })
}

/** What a caller did wrong, or others were in the way of, says nothing about the service. */
function isServiceFailure(error: unknown): boolean {
  if (!isThermoclineError(error)) return true
  return ['STORE_FAILED', 'STORE_UNAVAILABLE', 'STORE_TIMEOUT'].includes(error.code) && error.details.contended !== true
}
