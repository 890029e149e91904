import { type RemoteCall, remoteCall } from '../clients/cockatiel.ts'
import { isThermoclineError, ThermoclineError } from '../errors.ts'
import { checkNames } from '../lib/check-names.ts'
import { checkNumberOption } from '../lib/check-options.ts'
import { type StoreCallEvent, storeChannel } from '../lib/trace.ts'
import type { DurableStore } from './durable-store.ts'

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

class CheckedDurableStore implements DurableStore {
  readonly name: string
  readonly capabilities: DurableStore['capabilities']
  readonly foreignChanges?: () => number
  readonly watch?: NonNullable<DurableStore['watch']>
  readonly #store: DurableStore
  readonly #options: Required<CheckedStoreOptions>
  #remote: RemoteCall | undefined
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #isOpen = false

  constructor(store: DurableStore, options: Required<CheckedStoreOptions>) {
    this.#store = store
    this.#options = options
    this.name = store.name
    this.capabilities = store.capabilities
    if (store.foreignChanges !== undefined) this.foreignChanges = () => store.foreignChanges!()
    if (store.watch !== undefined) this.watch = (listener) => store.watch!(listener)
  }

  open(): Promise<void> {
    this.#opening ??= this.#openOnce().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeOnce()
    return this.#closing
  }

  append(...args: Parameters<DurableStore['append']>): ReturnType<DurableStore['append']> {
    return this.#call('append', () => this.#store.append(...args))
  }

  load(...args: Parameters<DurableStore['load']>): ReturnType<DurableStore['load']> {
    return this.#call('load', () => this.#store.load(...args))
  }

  getSegment(...args: Parameters<DurableStore['getSegment']>): ReturnType<DurableStore['getSegment']> {
    return this.#call('getSegment', () => this.#store.getSegment(...args))
  }

  commit(...args: Parameters<DurableStore['commit']>): ReturnType<DurableStore['commit']> {
    return this.#call('commit', () => this.#store.commit(...args))
  }

  touch(...args: Parameters<DurableStore['touch']>): ReturnType<DurableStore['touch']> {
    return this.#call('touch', () => this.#store.touch(...args))
  }

  due(...args: Parameters<DurableStore['due']>): ReturnType<DurableStore['due']> {
    return this.#call('due', () => this.#store.due(...args))
  }

  list(...args: Parameters<DurableStore['list']>): ReturnType<DurableStore['list']> {
    return this.#call('list', () => this.#store.list(...args))
  }

  async #openOnce(): Promise<void> {
    if (this.capabilities.remote) this.#remote = await remoteCall(this.#options, isServiceFailure)
    await this.#store.open()
    // Closed meanwhile: what was opened is closed by whoever waits for this.
    this.#isOpen = this.#closing === undefined
  }

  async #closeOnce(): Promise<void> {
    this.#isOpen = false
    // A store that failed to open may hold something all the same, and closing is harmless.
    await this.#opening?.catch(() => undefined)
    await this.#store.close()
  }

  async #call<T>(operation: string, body: () => Promise<T>): Promise<T> {
    if (!this.#isOpen)
      throw new ThermoclineError('NOT_OPEN', `Cannot ${operation} in ${this.name}: the store is not open`)
    const startedAt = storeChannel.hasSubscribers ? performance.now() : undefined
    let failure: ThermoclineError | undefined
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
          error: failure?.code,
        } satisfies StoreCallEvent)
      }
    }
  }
}

function wrap(error: unknown, operation: string, store: string): ThermoclineError {
  const reason = error instanceof Error ? error.message : String(error)
  return new ThermoclineError('STORE_FAILED', `Cannot ${operation} in ${store}: ${reason}`, { cause: error })
}

/** What a caller did wrong says nothing about the service. */
function isServiceFailure(error: unknown): boolean {
  return !isThermoclineError(error) || ['STORE_FAILED', 'STORE_UNAVAILABLE', 'STORE_TIMEOUT'].includes(error.code)
}
