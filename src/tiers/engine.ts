import { ThermoclineError } from '../errors.ts'
import { checkNames, kindOf } from '../lib/check-names.ts'
import { encodeNewItem } from '../memory/item-body.ts'
import type { MemoryItem, NewMemoryItem } from '../memory/memory-item.ts'
import type { SessionRecord } from '../memory/record.ts'
import { identifySession, parseItemId, type SessionIdentity, type SessionKey } from '../memory/session.ts'
import type { Stamp } from '../memory/stamp.ts'
import type { BaseMemoryManager } from './base-memory-manager.ts'
import { arrange, isExpired, pick } from './history-pick.ts'
import { type HistoryQuery, type ResolvedQuery, resolveQuery, windowIds } from './history-query.ts'
import { Migrator } from './migrator.ts'
import { isKeptByReads } from './placement.ts'
import { ReadPath } from './read-path.ts'
import { MERGE_FROM_SEGMENTS, planArchiveWhere, planMerge, planRehydrateWhere, planSeal } from './rewrite-plan.ts'
import { type Planner, Rewriter } from './rewriter.ts'
import type { TierParts } from './tier-parts.ts'
import { unitOf } from './units.ts'
import { WritePath } from './write-path.ts'

/** A session as a caller names it. */
export interface SessionAddress {
  /** @default "default" */
  readonly tenantId?: string
  readonly userId: string
  readonly sessionId: string
}

interface CheckedAdd {
  readonly session: SessionIdentity
  readonly encoded: ReturnType<typeof encodeNewItem>
  readonly after: Stamp | undefined
}

/** What an open manager does, whoever may call it: the paths joined, over open stores. */
export class Engine {
  readonly parts: TierParts
  readonly reads: ReadPath
  readonly migrator: Migrator
  readonly #writes: WritePath
  readonly #rewriter: Rewriter
  readonly #base: BaseMemoryManager | undefined
  readonly #background = new Set<Promise<void>>()
  readonly #stopWatching: (() => void) | undefined
  #itemsAdded = 0
  #underWay = 0
  #idle: (() => void) | undefined

  constructor(parts: TierParts, base: BaseMemoryManager | undefined) {
    this.parts = parts
    this.#base = base
    this.reads = new ReadPath(parts, (work) => this.background(work))
    this.#rewriter = new Rewriter(parts)
    this.migrator = new Migrator(parts, this.#rewriter)
    this.#writes = new WritePath(parts, (key) => this.#seal(key))
    // Others may use the same store object; what they change, our copies must not miss.
    this.#stopWatching = parts.durable.watch?.(({ key, entries }) => {
      if (entries === undefined || !this.#writes.isOwn(entries)) this.background(Promise.resolve(parts.hot.forget(key)))
    })
  }

  get itemsAdded(): number {
    return this.#itemsAdded
  }

  add(item: NewMemoryItem): Promise<string> {
    // Without a store of the caller's own, all there is to wait for is the write path's, and `close` does.
    return this.#base === undefined ? this.#addOne(item) : this.#finish(this.#addOne(item))
  }

  addAll(items: readonly NewMemoryItem[]): Promise<string[]> {
    return this.#finish(this.#addEach(items))
  }

  async #addOne(item: NewMemoryItem): Promise<string> {
    const { session, encoded, after } = check(item, this.parts.clock.now())
    const stored = await this.#writes.add(session, encoded, after)
    this.#itemsAdded += 1
    if (this.#base !== undefined) await this.#tellBase([stored])
    return stored.id
  }

  async #addEach(items: readonly NewMemoryItem[]): Promise<string[]> {
    if (!Array.isArray(items)) {
      throw new ThermoclineError('INVALID_ARGUMENT', `Cannot add items: expected an array: received ${kindOf(items)}`)
    }
    const now = this.parts.clock.now()
    // All are checked before any is stored.
    const checked = items.map((item, i) => checkAt(item, i, now))
    const outcomes = await Promise.allSettled(
      checked.map(({ session, encoded, after }) => this.#writes.add(session, encoded, after)),
    )
    const stored = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    this.#itemsAdded += stored.length
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    const told = stored.length === 0 ? undefined : await this.#tellBase(stored).catch((error: unknown) => ({ error }))
    // What is not stored weighs more than what the caller's own store has missed.
    if (failed !== undefined) throw partial(failed.reason, stored, items.length, told?.error)
    if (told !== undefined) throw told.error
    return stored.map(({ id }) => id)
  }

  async get(id: string, strong: boolean): Promise<MemoryItem | undefined> {
    const { key, stamp } = parseItemId(id)
    this.#underWay += 1
    try {
      const item = await this.reads.item(key, stamp, strong)
      if (item !== undefined || this.#base === undefined) return item
      const base = this.#base
      const theirs = await callBase('get', () => base.get(id))
      return theirs === undefined || isExpired(theirs, this.parts.clock.now()) ? undefined : theirs
    } finally {
      this.#ended()
    }
  }

  async history(session: SessionIdentity, query: HistoryQuery): Promise<readonly MemoryItem[]> {
    const resolved = resolveQuery(session.key, query)
    this.#underWay += 1
    try {
      return (await this.reads.history(session.key, resolved)) ?? (await this.#baseHistory(session, resolved))
    } finally {
      this.#ended()
    }
  }

  async *iterate(session: SessionIdentity, query: HistoryQuery): AsyncGenerator<MemoryItem, void, undefined> {
    const resolved = resolveQuery(session.key, query)
    const isKnown = yield* this.reads.iterate(session.key, resolved)
    // The iterator counts from where it begins.
    if (!isKnown) yield* await this.#baseHistory(session, { ...resolved, from: resolved.order })
  }

  promote(session: SessionIdentity): Promise<boolean> {
    return this.#rewriteAll(session, (record, _heat, now) => {
      this.#warm(record, now)
      return planRehydrateWhere(record, () => true)
    })
  }

  async demote(session: SessionIdentity, to: 'warm' | 'cold'): Promise<boolean> {
    if (to !== 'warm' && to !== 'cold') {
      throw new ThermoclineError(
        'INVALID_ARGUMENT',
        `Cannot demote session: expected "warm" or "cold": received ${String(to)}`,
      )
    }
    const { options, hot } = this.parts
    const changed = await this.#rewriteAll(session, (record) => {
      if (to === 'warm') return planSeal(record, options, true)
      const end = record.segments.length
      return planArchiveWhere(
        record,
        (i) => (i === end ? record.tail.length > 0 : record.segments[i]?.kind === 'page'),
        options,
      )
    })
    await hot.forget(session.key)
    return changed
  }

  /** Takes work that nobody waits for, so that `close` can. It must not matter whether it succeeds. */
  background(work: Promise<void>): void {
    const settled = work
      .catch(() => undefined)
      .finally(() => {
        this.#background.delete(settled)
      })
    this.#background.add(settled)
  }

  async close(): Promise<void> {
    await this.#writes.drain()
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    while (this.#background.size > 0) await Promise.all(this.#background)
    this.#stopWatching?.()
    await this.parts.hot.close()
    await this.parts.durable.close()
  }

  /** The caller's own store, where we have nothing of a session. */
  async #baseHistory(session: SessionIdentity, query: ResolvedQuery): Promise<readonly MemoryItem[]> {
    if (this.#base === undefined) return NO_ITEMS
    const { key, tenantId, userId, sessionId } = session
    const base = this.#base
    const items = await callBase('history', () => base.history({ tenantId, userId, sessionId }))
    const { after, before } = windowIds(key, query.window)
    const inside = items.filter(
      ({ id }) => (after === undefined || id > after) && (before === undefined || id < before),
    )
    return arrange(pick(inside, 0, inside.length, query, this.parts.clock.now()), query)
  }

  /** Something that `close` waits for. */
  async #finish<T>(work: Promise<T>): Promise<T> {
    this.#underWay += 1
    try {
      return await work
    } finally {
      this.#ended()
    }
  }

  #ended(): void {
    this.#underWay -= 1
    if (this.#underWay === 0) this.#idle?.()
  }

  /** One plan takes what fits a commit, so a long session needs several. True if anything was changed. */
  #rewriteAll(session: SessionIdentity, planner: Planner): Promise<boolean> {
    const rewriteAll = async (): Promise<boolean> => {
      let changed = false
      while ((await this.#rewriter.run(session.key, planner)).changed) changed = true
      return changed
    }
    return this.#finish(rewriteAll())
  }

  /** A seal that fails leaves a longer tail, which the next add or sweep tries again. */
  #seal(key: SessionKey): Promise<void> {
    const sealing = this.#sealAndMerge(key).catch(() => undefined)
    this.background(sealing)
    return sealing
  }

  async #sealAndMerge(key: SessionKey): Promise<void> {
    const { segments } = await this.#rewriter.run(key, (record) => planSeal(record, this.parts.options))
    if (segments >= MERGE_FROM_SEGMENTS) await this.#rewriter.run(key, planMerge)
  }

  /** As if archives had been read enough: otherwise the next sweep would send what is promoted straight back. */
  #warm(record: SessionRecord, now: number): void {
    const { ledger, options } = this.parts
    for (const { id, kind } of record.segments) {
      const unit = kind === 'archive' ? unitOf(record, id, ledger, options, now) : undefined
      if (unit === undefined || isKeptByReads(unit.heat, options, now)) continue
      for (let i = 0; i < options.minAccessCountWarm; i++) unit.reads.record(now)
    }
  }

  async #tellBase(items: readonly MemoryItem[]): Promise<void> {
    try {
      await this.#base?.add(items)
    } catch (cause) {
      throw new ThermoclineError(
        'BASE_MEMORY_FAILED',
        'Cannot add to the base memory manager: it failed; the items themselves are stored, so do not add them again',
        { cause, details: { stored: true, ids: items.map(({ id }) => id) } },
      )
    }
  }
}

const ITEM_NAMES = [
  ...['tenantId', 'userId', 'sessionId', 'content', 'contentType', 'createdAt', 'payload', 'metadata', 'importance'],
  ...['pinned', 'callId', 'expiresAt', 'idempotencyKey', 'after'],
  // What an item that was read has besides: so it can be handed in again as it is, as a new one.
  ...['id', 'tier', 'cached', 'lastAccessedAt', 'accessCount'],
]

const NO_ITEMS: readonly MemoryItem[] = Object.freeze([])

/** A call of the caller's own store, with its errors in our terms. */
export async function callBase<T>(method: string, body: () => T | Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (cause) {
    throw new ThermoclineError('BASE_MEMORY_FAILED', `Cannot ${method} in the base memory manager: it failed`, {
      cause,
    })
  }
}

/** The same, with the place of the item in what was handed in. */
function checkAt(item: NewMemoryItem, index: number, now: number): CheckedAdd {
  try {
    return check(item, now)
  } catch (error) {
    if (!(error instanceof ThermoclineError)) throw error
    throw new ThermoclineError(error.code, `${error.message} (item ${index}; nothing was stored)`, {
      cause: error,
      details: { ...error.details, index },
    })
  }
}

function check(item: NewMemoryItem, now: number): CheckedAdd {
  checkNames('INVALID_ITEM', 'Cannot add item', item, ITEM_NAMES)
  const session = identifySession(item)
  const encoded = encodeNewItem(item, now)
  if (item.after === undefined) return { session, encoded, after: undefined }
  const { key, stamp } = parseItemId(item.after)
  if (key !== session.key)
    throw new ThermoclineError('OUT_OF_SCOPE', 'Cannot add item: after is an item of another session')
  return { session, encoded, after: stamp }
}

function partial(cause: unknown, stored: readonly MemoryItem[], asked: number, baseError: unknown): unknown {
  if (!(cause instanceof ThermoclineError) || stored.length === 0) return cause
  return new ThermoclineError(cause.code, `${cause.message} (${stored.length} of ${asked} items are stored)`, {
    cause,
    details: { ...cause.details, storedIds: stored.map(({ id }) => id), ...(baseError !== undefined && { baseError }) },
  })
}
