import { ThermoclineError } from '../errors.ts'
import { COLD_HEAT } from '../memory/heat.ts'
import { type EncodedBody, makeItem } from '../memory/item-body.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import type { SessionIdentity, SessionKey } from '../memory/session.ts'
import { isErased, type Stamp, stampMs } from '../memory/stamp.ts'
import { appendUntilClear } from './append-until-clear.ts'
import type { AppendEntry, Appended } from './durable-store.ts'
import { DAY_MS } from './placement/placement.ts'
import { tierOf } from './placement/units.ts'
import { retentionReview, tenantRetentionMs } from './rewriting/retention.ts'
import type { Sealer } from './sealer.ts'
import type { TierParts } from './tier-parts.ts'

/** One commit holds at most so many bytes and items, so that a tail overshoots its bounds by one commit at most. */
const MAX_COMMIT_BYTES = 128 * 1024
const MAX_COMMIT_ITEMS = 200
/** Adds that wait in this process, over all sessions. */
const MAX_WAITING_ITEMS = 10_000
const MAX_WAITING_BYTES = 64 * 1024 * 1024
/** A tail so many times over its bound makes adds wait for the seal. */
const BACKPRESSURE = 4

/** Where a new item belongs, where that isn't simply behind all others. */
export interface AddPlace {
  /** It must sort after this one. */
  readonly after?: Stamp | undefined
  /** Its stamp, which is not of our making: of an idempotency key, or from where it was before. */
  readonly fixed?: Stamp | undefined
}

interface PendingAdd {
  readonly encoded: EncodedBody
  readonly stamp: Stamp
  /** Its stamp stays, whatever comes. */
  readonly isFixed: boolean
  readonly resolve: (item: MemoryItem) => void
  readonly reject: (error: unknown) => void
}

interface SessionQueue {
  readonly session: SessionIdentity
  readonly waiting: PendingAdd[]
  drained: Promise<void> | undefined
}

/** From a checked item to an acknowledged one. At most one append of a session is in flight; what waits goes together. */
export class WritePath {
  readonly #parts: TierParts
  readonly #sealer: Sealer
  readonly #queues = new Map<SessionKey, SessionQueue>()
  readonly #held = new Map<SessionKey, Promise<void>>()
  readonly #inFlight = new Set<readonly AppendEntry[]>()
  #waitingItems = 0
  #waitingBytes = 0

  constructor(parts: TierParts, sealer: Sealer) {
    this.#parts = parts
    this.#sealer = sealer
  }

  /** Resolves when all that was added so far is settled. */
  async drain(): Promise<void> {
    while (this.#queues.size > 0) await Promise.all([...this.#queues.values()].map(({ drained }) => drained))
  }

  /**
   * Lets the appends of a session wait for `work`, which depends on the end of the session and would lose to them again
   * and again. One batch of them goes between two such pieces of work, so that neither side waits for ever.
   */
  async holding<T>(key: SessionKey, work: () => Promise<T>): Promise<T> {
    const before = this.#held.get(key) ?? Promise.resolve()
    const running = before.then(work)
    const ended = running.then(
      () => undefined,
      () => undefined,
    )
    this.#held.set(key, ended)
    try {
      return await running
    } finally {
      if (this.#held.get(key) === ended) this.#held.delete(key)
    }
  }

  /** True for entries that this very object is appending: the copies hear of them from here. */
  isOwn(entries: readonly AppendEntry[]): boolean {
    return this.#inFlight.has(entries)
  }

  /** @throws ThermoclineError `OVERLOADED` with 10,000 adds waiting */
  add(session: SessionIdentity, encoded: EncodedBody, { after, fixed }: AddPlace = {}): Promise<MemoryItem> {
    const { stamps, clock } = this.#parts
    if (this.#waitingItems >= MAX_WAITING_ITEMS || this.#waitingBytes >= MAX_WAITING_BYTES) {
      return Promise.reject(
        new ThermoclineError(
          'OVERLOADED',
          `Cannot add item: ${this.#waitingItems} adds of ${this.#waitingBytes} bytes are waiting already; await some of them first`,
        ),
      )
    }
    if (after !== undefined) stamps.observe(session.key, after, clock.now())
    const stamp = fixed ?? stamps.next(session.key, clock.now())
    if (after !== undefined && stamp <= after) {
      return Promise.reject(
        new ThermoclineError(
          'INVALID_ARGUMENT',
          'Cannot add item: after names an item whose place is later than this one can have',
        ),
      )
    }
    this.#waitingItems += 1
    this.#waitingBytes += encoded.bytes
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(session.key)
      const add = { encoded, stamp, isFixed: fixed !== undefined, resolve, reject }
      if (queue !== undefined) {
        queue.waiting.push(add)
        return
      }
      const started: SessionQueue = { session, waiting: [add], drained: undefined }
      this.#queues.set(session.key, started)
      started.drained = this.#drain(started)
    })
  }

  async #drain(queue: SessionQueue): Promise<void> {
    // One turn of the microtask queue, so that adds that were called together become one commit.
    await undefined
    while (queue.waiting.length > 0) {
      const held = this.#held.get(queue.session.key)
      if (held !== undefined) await held
      const batch = takeBatch(queue.waiting)
      this.#waitingItems -= batch.length
      for (const { encoded } of batch) this.#waitingBytes -= encoded.bytes
      try {
        await this.#commit(queue.session, batch)
      } catch (error) {
        // What is settled already hears nothing of it.
        for (const { reject } of batch) reject(error)
      }
    }
    this.#queues.delete(queue.session.key)
  }

  async #commit(session: SessionIdentity, adds: readonly PendingAdd[]): Promise<void> {
    const { options, clock, hot } = this.#parts
    let batch = adds
    let appended = await this.#append(session, batch)
    while (batch.some(({ stamp }) => isErased(stamp, appended.erasedTo))) {
      batch = this.#stampAnew(session.key, batch, appended.erasedTo)
      if (batch.length === 0) return
      appended = await this.#append(session, batch)
    }
    const now = clock.now()
    const items = batch.map(({ encoded: { body }, stamp }) => {
      const tier = tierOf({ newestAt: body.createdAt, heat: COLD_HEAT }, false, options, now)
      return makeItem(session, stamp, body, { tier, cached: true, lastAccessedAt: undefined, accessCount: 0 })
    })
    let hasFixed = false
    for (const { isFixed, stamp } of batch) {
      if (!isFixed) continue
      hasFixed = true
      // What is added once it is acknowledged has to sort after it.
      this.#parts.stamps.observe(session.key, stamp, now)
    }
    // Before the promise resolves: whoever awaits the add finds the item in this process. What has a fixed stamp may be
    // known already to a segment, even as deleted, and only a read of it can tell.
    const told = hasFixed ? hot.forget(session.key) : hot.append(session.key, items, appended.n)
    if (told instanceof Promise) await told
    for (const [i, { resolve }] of batch.entries()) resolve(items[i]!)
    const bytes = batch.reduce((sum, { encoded }) => sum + encoded.bytes, 0)
    const fullness = this.#fullness(appended.tailItems, appended.tailBytes)
    if (fullness <= 1) return
    const hasCrossed = this.#fullness(appended.tailItems - batch.length, appended.tailBytes - bytes) <= 1
    const sealing = hasCrossed ? this.#sealer.now(session.key) : this.#sealer.inTurn(session.key)
    if (fullness > BACKPRESSURE) await sealing
  }

  #fullness(items: number, bytes: number): number {
    const { tailMaxItems, tailMaxBytes } = this.#parts.options
    return Math.max(items / tailMaxItems, bytes / tailMaxBytes)
  }

  /** The session was erased at a time that our clock has not reached: what is new comes after that. */
  #stampAnew(key: SessionKey, batch: readonly PendingAdd[], erasedTo: number): readonly PendingAdd[] {
    return batch.flatMap((add): PendingAdd[] => {
      if (!isErased(add.stamp, erasedTo)) return [add]
      if (!add.isFixed) {
        return [{ ...add, stamp: this.#parts.stamps.next(key, this.#parts.clock.now(), erasedTo + 1) }]
      }
      const message = 'Cannot add item: what its session held at that time was erased for good'
      add.reject(new ThermoclineError('ERASED', message, { details: { erasedTo } }))
      return []
    })
  }

  async #append(session: SessionIdentity, batch: readonly PendingAdd[]): Promise<Appended> {
    const entries = batch.map(
      ({ encoded, stamp }): AppendEntry => ({ stamp, body: encoded.text, createdAt: encoded.body.createdAt }),
    )
    this.#inFlight.add(entries)
    try {
      const reviewAt = this.#firstReview(session, entries)
      return await appendUntilClear(this.#parts, this.#sealer, session, entries, { reviewAt })
    } finally {
      this.#inFlight.delete(entries)
    }
  }

  /** Before that moment no rule can want anything of these entries, so there is nothing to look at. */
  #firstReview({ tenantId }: SessionIdentity, entries: readonly AppendEntry[]): number {
    const { options } = this.#parts
    let newest = 0
    let oldestMs = Number.POSITIVE_INFINITY
    const keptMs = tenantRetentionMs(tenantId, options)
    for (const { createdAt, stamp } of entries) {
      newest = Math.max(newest, createdAt)
      if (keptMs !== undefined) oldestMs = Math.min(oldestMs, stampMs(stamp))
    }
    const cold = Math.ceil(newest + Math.max(options.warmTierMaxAgeDays, options.hotTierMaxAgeDays) * DAY_MS) + 1
    return keptMs === undefined ? cold : Math.min(cold, retentionReview(oldestMs, keptMs))
  }
}

function takeBatch(waiting: PendingAdd[]): readonly PendingAdd[] {
  let count = 0
  let bytes = 0
  for (const { encoded } of waiting) {
    if (count > 0 && (count >= MAX_COMMIT_ITEMS || bytes + encoded.bytes > MAX_COMMIT_BYTES)) break
    bytes += encoded.bytes
    count += 1
  }
  return waiting.splice(0, count)
}
