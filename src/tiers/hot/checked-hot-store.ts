import { isThermoclineError, ThermoclineError } from '../../errors.ts'
import { checkNames } from '../../lib/check-names.ts'
import { checkNumberOption } from '../../lib/check-options.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { Deadlines } from '../../lib/deadlines.ts'
import { errorMessage } from '../../lib/error-message.ts'
import { type StoreCallEvent, storeChannel } from '../../lib/trace.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import type { SessionKey } from '../../memory/session.ts'
import type { HotAnswer, HotChanges, HotLease, HotMiss, HotQuery, HotStats, HotStore } from '../hot-store.ts'
import { DistrustedKeys } from './distrusted-keys.ts'
import type { SessionCopy } from './session-copy.ts'

/** Bounds of calls of a shared hot store. */
export interface HotCallOptions {
  /** Longest time that a call may take, in milliseconds. @default 250 */
  readonly timeoutMs?: number
  /** Calls under way at once; further ones are as if it had nothing. @default 1000 */
  readonly maxInFlight?: number
  /** How often it is tried again once it has failed, in milliseconds. @default 250 */
  readonly probeEveryMs?: number
}

export const HOT_CALL_DEFAULTS: Required<HotCallOptions> = Object.freeze({
  timeoutMs: 250,
  maxInFlight: 1000,
  probeEveryMs: 250,
})

/** @throws ThermoclineError `INVALID_OPTION` */
export function resolveHotCalls(given: HotCallOptions): Required<HotCallOptions> {
  checkNames('INVALID_OPTION', 'Cannot use option hotCalls', given, Object.keys(HOT_CALL_DEFAULTS))
  const options = { ...HOT_CALL_DEFAULTS, ...given }
  for (const [name, value] of Object.entries(options))
    checkNumberOption(`hotCalls.${name}`, value, [1, 2_147_483_647, true])
  return Object.freeze(options)
}

/**
 * What every shared hot store needs and none should write itself: a deadline for each call, a bound of calls in flight,
 * a circuit breaker. None of its calls reject: what can't be read is a miss, and a copy that could not be told of a
 * change is not believed until it is gone.
 *
 * The breaker opens with the first call that finds the store away, so that no call of a user has to wait for it twice,
 * and a timer finds out when it is back, so that none has to try.
 */
export function checkedHotStore(store: HotStore, calls: HotCallOptions = {}, clock: Clock = systemClock): HotStore {
  return new CheckedHotStore(store, resolveHotCalls(calls), clock)
}

/** A probe without an answer for so long is given up: a client can lose a call with its connection. */
const PROBE_TIMEOUT_MS = 5000

/** Nothing can be filled with it. */
const NO_LEASE: HotLease = Object.freeze({ token: undefined })
const MISS: HotMiss = Object.freeze({ kind: 'miss', lease: NO_LEASE })

/** What others have to be told of is not refused for want of room: the adds and commits behind it have bounds of their own. */
const TELLS = 'tells'

class CheckedHotStore implements HotStore {
  readonly name: string
  readonly isShared = true
  readonly changes?: HotChanges
  readonly #store: HotStore
  readonly #calls: Required<HotCallOptions>
  readonly #clock: Clock
  readonly #distrusted: DistrustedKeys
  #deadlines: Deadlines
  #inFlight = 0
  #isClosed = false
  #isAway = false
  /** Ends the mending; undefined while there is nothing to mend. */
  #stopMending: (() => void) | undefined
  #isMending = false
  /** Ends the wait for the probe that is under way. */
  #probing: AbortController | undefined
  #hits = 0
  #misses = 0
  #failures = 0
  #lastError: string | undefined

  constructor(store: HotStore, calls: Required<HotCallOptions>, clock: Clock) {
    this.#store = store
    this.name = store.name
    this.#calls = calls
    this.#clock = clock
    this.#deadlines = new Deadlines(calls.timeoutMs, clock)
    this.#distrusted = new DistrustedKeys(clock)
    if (store.changes !== undefined) this.changes = store.changes
  }

  open(dataId?: string): Promise<void> {
    // Closed where something beside it could not be opened, and now opened again.
    if (this.#isClosed) {
      this.#deadlines = new Deadlines(this.#calls.timeoutMs, this.#clock)
      this.#isAway = false
      this.#isClosed = false
    }
    return this.#store.open(dataId)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopMending?.()
    this.#stopMending = undefined
    this.#deadlines.close()
    this.#probing?.abort()
    await this.#store.close()
  }

  async read(key: SessionKey, query: HotQuery): Promise<HotAnswer> {
    try {
      if (this.#distrusted.has(key)) await this.#forget(key)
      const asked = this.#distrusted.limit(query)
      const answer = await this.#call('read', () => this.#store.read(key, asked))
      if (answer.kind === 'copy') this.#hits += 1
      else this.#misses += 1
      return answer
    } catch {
      this.#misses += 1
      return MISS
    }
  }

  async fill(key: SessionKey, lease: HotLease, copy: SessionCopy): Promise<boolean> {
    if (lease === NO_LEASE) return false
    try {
      return await this.#call('fill', () => this.#store.fill(key, lease, copy))
    } catch {
      // If it is taken after all, then under its lease.
      return false
    }
  }

  async append(key: SessionKey, items: readonly MemoryItem[], n: number): Promise<boolean> {
    const lastTrouble = this.#distrusted.lastTrouble(key)
    try {
      const goesOn = await this.#call('append', () => this.#store.append(key, items, n), TELLS)
      // Where there is no copy there is nothing to distrust.
      if (!goesOn) this.#distrusted.delete(key, lastTrouble)
      return goesOn && !this.#distrusted.has(key)
    } catch {
      this.#distrusted.add(key)
      this.#mendSoon()
      return false
    }
  }

  async forget(key: SessionKey): Promise<void> {
    try {
      await this.#forget(key)
    } catch {
      this.#distrusted.add(key)
      this.#mendSoon()
    }
  }

  release(key: SessionKey): void {
    this.#store.release(key)
  }

  async clear(): Promise<void> {
    try {
      await this.#call('clear', () => this.#store.clear())
    } catch {
      this.#distrusted.addAll()
    }
  }

  async getSegment(key: SessionKey, segmentId: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#call('getSegment', () => this.#store.getSegment(key, segmentId))
    } catch {
      return undefined
    }
  }

  async putSegment(key: SessionKey, segmentId: string, bytes: Uint8Array): Promise<void> {
    await this.#call('putSegment', () => this.#store.putSegment(key, segmentId, bytes)).catch(() => undefined)
  }

  async dropSegments(key: SessionKey, segmentIds: readonly string[]): Promise<void> {
    try {
      await this.#call('dropSegments', () => this.#store.dropSegments(key, segmentIds))
    } catch {
      this.#distrusted.addSegments(key, segmentIds)
      this.#mendSoon()
    }
  }

  /** The one call that rejects: an erase is not over before it has succeeded. Looks at all there is, so without a limit. */
  async forgetOwner(tag: string): Promise<void> {
    if (this.#store.forgetOwner === undefined) return
    if (this.#isAway) throw unavailable('forgetOwner', this.name)
    await this.#store.forgetOwner(tag)
  }

  stats(): HotStats {
    const counts = { hits: this.#hits, misses: this.#misses }
    return {
      ...this.#store.stats(),
      ...counts,
      shared: {
        name: this.name,
        ...counts,
        failures: this.#failures,
        isReachable: !this.#isAway,
        lastError: this.#lastError,
      },
    }
  }

  async #forget(key: SessionKey): Promise<void> {
    const lastTrouble = this.#distrusted.lastTrouble(key)
    await this.#call('forget', () => this.#store.forget(key), TELLS)
    this.#distrusted.delete(key, lastTrouble)
  }

  async #call<T>(operation: string, body: () => T | Promise<T>, kind?: typeof TELLS): Promise<T> {
    if (this.#isAway) {
      // What is known of it is why it is away.
      this.#failures += 1
      throw unavailable(operation, this.name)
    }
    if (kind !== TELLS && this.#inFlight >= this.#calls.maxInFlight)
      throw this.#failed(overloaded(operation, this.name, this.#inFlight))
    const startedAt = storeChannel.hasSubscribers ? performance.now() : undefined
    let failure: ThermoclineError | undefined
    this.#inFlight += 1
    try {
      return await this.#limited(operation, body)
    } catch (error) {
      failure = this.#failed(error)
      if (failure.code === 'STORE_TIMEOUT' || failure.code === 'STORE_UNAVAILABLE') {
        this.#isAway = true
        this.#mendSoon()
      }
      throw failure
    } finally {
      this.#inFlight -= 1
      if (startedAt !== undefined) {
        const durationMs = performance.now() - startedAt
        storeChannel.publish({
          store: this.name,
          operation,
          durationMs,
          error: failure?.code,
        } satisfies StoreCallEvent)
      }
    }
  }

  #limited<T>(operation: string, body: () => T | Promise<T>): T | Promise<T> {
    const answer = body()
    if (!(answer instanceof Promise)) return answer
    return this.#deadlines.limit(answer, () => timedOut(operation, this.name, this.#calls.timeoutMs))
  }

  #failed(error: unknown): ThermoclineError {
    const failure = isThermoclineError(error)
      ? error
      : new ThermoclineError('STORE_FAILED', `Cannot call ${this.name}: it failed`, { cause: error })
    this.#failures += 1
    this.#lastError = failure.message
    return failure
  }

  #mendSoon(): void {
    if (this.#stopMending !== undefined || this.#isClosed) return
    this.#stopMending = this.#clock.every(this.#calls.probeEveryMs, () => void this.#mend())
  }

  /** Looks whether the store is back, and tells it of what was changed meanwhile: others may ask for it. */
  async #mend(): Promise<void> {
    // A call to a store that hangs is not answered either: one at a time.
    if (this.#isMending) return
    this.#isMending = true
    const { size, troubles } = this.#distrusted
    let isBusy = false
    try {
      if (this.#isAway) await this.#probe()
      isBusy = await this.#repair()
    } catch (error) {
      this.#lastError = errorMessage(error)
    } finally {
      this.#isMending = false
    }
    // What it answers and will not do is not asked for again and again, but for what came to it meanwhile.
    const left = this.#distrusted.size
    if (this.#isAway || (left > 0 && (isBusy || left < size || this.#distrusted.troubles > troubles))) return
    this.#stopMending?.()
    this.#stopMending = undefined
  }

  async #probe(): Promise<void> {
    const startedAt = this.#clock.now()
    const probing = new AbortController()
    this.#probing = probing
    try {
      const late = this.#clock.sleep(PROBE_TIMEOUT_MS, probing.signal).then(() => {
        throw timedOut('probe', this.name, PROBE_TIMEOUT_MS)
      })
      await Promise.race([this.#store.probe?.(), late])
    } finally {
      probing.abort()
    }
    // Whoever is back so slowly would be away again at the next call of a user.
    if (this.#clock.now() - startedAt >= this.#calls.timeoutMs)
      throw timedOut('probe', this.name, this.#calls.timeoutMs)
    this.#isAway = false
  }

  /** One that can't be told must not keep the others from being told. True where there were too many calls for some. */
  async #repair(): Promise<boolean> {
    let isBusy = false
    for (const key of this.#distrusted.keys()) {
      if (this.#isAway) break
      await this.#forget(key).catch((error: unknown) => {
        isBusy ||= isThermoclineError(error, 'OVERLOADED')
      })
    }
    for (const [key, segmentIds] of this.#distrusted.takeSegments()) await this.dropSegments(key, segmentIds)
    return isBusy
  }
}

function timedOut(operation: string, store: string, timeoutMs: number): ThermoclineError {
  return new ThermoclineError(
    'STORE_TIMEOUT',
    `Cannot ${operation} in ${store}: no answer within ${timeoutMs} ms; it may still take effect`,
  )
}

function unavailable(operation: string, store: string): ThermoclineError {
  return new ThermoclineError('STORE_UNAVAILABLE', `Cannot ${operation} in ${store}: it is away and tried again soon`)
}

function overloaded(operation: string, store: string, calls: number): ThermoclineError {
  return new ThermoclineError('OVERLOADED', `Cannot ${operation} in ${store}: ${calls} calls are in flight`)
}
