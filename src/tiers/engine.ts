import { ThermoclineError } from '../errors.ts'
import { shown } from '../lib/check-names.ts'
import { publishStep, SESSION_ERASED } from '../lib/trace.ts'
import type { MemoryItem, NewMemoryItem } from '../memory/memory-item.ts'
import { isSystemKey, type Owner, parseItemId, type SessionIdentity, type SessionKey } from '../memory/session.ts'
import type { Stamp } from '../memory/stamp.ts'
import type { SearchQuery } from '../search/search-query.ts'
import { type AddedEach, addEach, isErasedError } from './add-each.ts'
import { type BaseMemoryManager, callBase } from './base-memory-manager.ts'
import { ChangePath, type ItemChanger } from './changing/change-path.ts'
import { EraseJobs, type EraseReceipt } from './changing/erase-jobs.ts'
import { forkSession } from './changing/fork.ts'
import {
  type CheckedAdd,
  checkAt,
  checkList,
  checkNewItem,
  checkReplacement,
  checkRestoredItem,
  checkSessionChange,
  type EndReplacement,
  partial,
  type RestoreReport,
  type SessionChange,
  stampWithin,
} from './check-arguments.ts'
import { packIdleSessions } from './idle-sessions.ts'
import { warmArchives } from './placement/warm-archives.ts'
import { arrange, isExpired, pick } from './reading/history-pick.ts'
import {
  type HistoryQuery,
  type ItemRead,
  type ItemReadOptions,
  type ResolvedQuery,
  resolveItemRead,
  resolveQuery,
  windowIds,
} from './reading/history-query.ts'
import { historyWithinTokens } from './reading/history-within-tokens.ts'
import { ReadPath } from './reading/read-path.ts'
import { SearchPath, type SearchResult } from './reading/search-path.ts'
import { type SessionInfo, Sessions } from './reading/sessions.ts'
import { Migrator } from './rewriting/migrator.ts'
import { planArchiveWhere, planRehydrateWhere, planSeal } from './rewriting/rewrite-plan.ts'
import { type Planner, Rewriter } from './rewriting/rewriter.ts'
import { Sealer } from './sealer.ts'
import type { TierParts } from './tier-parts.ts'
import { WritePath } from './write-path.ts'

/** What an open manager does, whoever may call it: the paths joined, over open stores. */
export class Engine {
  readonly parts: TierParts
  readonly reads: ReadPath
  readonly migrator: Migrator
  readonly sessions: Sessions
  readonly search: SearchPath
  readonly erases: EraseJobs
  readonly #changes: ChangePath
  readonly #sealer: Sealer
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
    this.search = new SearchPath(parts, (work) => this.background(work))
    this.#rewriter = new Rewriter(parts, (key) => this.search.forget(key))
    this.#sealer = new Sealer(parts, this.#rewriter, (work) => this.background(work))
    this.#writes = new WritePath(parts, this.#sealer)
    this.#changes = new ChangePath(parts, this.#rewriter, (key, work) => this.#writes.holding(key, work))
    this.sessions = new Sessions(parts)
    this.erases = new EraseJobs(parts, this.#changes, this.#rewriter, base)
    this.migrator = new Migrator(parts, this.#rewriter, this.erases)
    parts.relief.attach({
      caches: [...(parts.hot.caches ?? []), parts.segments.cache, this.search.cache],
      packIdle: (maxSessions) => this.#finish(packIdleSessions(parts, this.#rewriter, maxSessions)),
    })
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
    const { session, encoded, place } = checkNewItem(item, this.parts.clock.now())
    if (this.parts.relief.refuses('new-session')) await this.#checkKnown(session)
    const stored = await this.#writes.add(session, encoded, place)
    this.#itemsAdded += 1
    if (this.#base !== undefined) await this.#tellBase([stored])
    return stored.id
  }

  async #addEach(items: readonly NewMemoryItem[]): Promise<string[]> {
    const now = this.parts.clock.now()
    // All are checked before any is stored.
    const checked = checkList(items).map((item, i) => checkAt(i, () => checkNewItem(item, now)))
    if (this.parts.relief.refuses('new-session')) for (const { session } of checked) await this.#checkKnown(session)
    const { stored, failed, baseError } = await this.#store(checked)
    // What is not stored weighs more than what the caller's own store has missed.
    if (failed.length > 0) throw partial(failed[0], stored, items.length, baseError)
    if (baseError !== undefined) throw baseError
    return stored.map(({ id }) => id)
  }

  restore(items: readonly MemoryItem[]): Promise<RestoreReport> {
    return this.#finish(this.#restoreEach(items))
  }

  async #restoreEach(items: readonly MemoryItem[]): Promise<RestoreReport> {
    this.parts.relief.check('import', 'restore items')
    const now = this.parts.clock.now()
    const checked = checkList(items).map((item, i) => checkAt(i, () => checkRestoredItem(item, now)))
    const { stored, failed, baseError } = await this.#store(checked)
    const other = failed.find((error) => !isErasedError(error))
    if (other !== undefined) throw partial(other, stored, items.length, baseError)
    if (baseError !== undefined) throw baseError
    return Object.freeze({ restored: stored.length, erased: failed.length })
  }

  async #store(adds: readonly CheckedAdd[]): Promise<AddedEach & { readonly baseError: unknown }> {
    const { stored, failed } = await addEach(this.#writes, adds)
    this.#itemsAdded += stored.length
    const told = stored.length === 0 ? undefined : await this.#tellBase(stored).catch((error: unknown) => ({ error }))
    return { stored, failed, baseError: told?.error }
  }

  async get(id: string, options: ItemReadOptions | undefined): Promise<MemoryItem | undefined> {
    const { key, stamp } = parseItemId(id)
    // Work of our own is nobody's item.
    if (isSystemKey(key)) return undefined
    this.#underWay += 1
    try {
      return await this.#get(id, key, stamp, resolveItemRead(options))
    } finally {
      this.#ended()
    }
  }

  async #get(id: string, key: SessionKey, stamp: Stamp, read: ItemRead): Promise<MemoryItem | undefined> {
    const base = this.#base
    // A copy can't tell what never was from what is no more, and only the one may come from the caller's own store.
    const item =
      (await this.reads.item(key, stamp, read)) ??
      (base && (await this.reads.item(key, stamp, { ...read, strong: true })))
    if (item === 'gone') return undefined
    if (item !== undefined || base === undefined) return item
    const theirs = await callBase('get', () => base.get(id))
    return theirs === undefined || isExpired(theirs, this.parts.clock.now()) ? undefined : theirs
  }

  /** `owner`, if given, must be the item's. */
  async update(id: string, changer: ItemChanger, owner: Owner | undefined): Promise<MemoryItem | undefined> {
    const { key, stamp } = parseItemId(id)
    const update = async (): Promise<MemoryItem | undefined> => {
      const item = await this.#changes.update(key, stamp, changer, owner)
      if (item !== undefined) await this.#inBase('update', (base) => base.update?.(item))
      return item
    }
    return this.#finish(update())
  }

  async remove(id: string, owner: Owner | undefined): Promise<boolean> {
    const { key, stamp } = parseItemId(id)
    return (await this.#removed(this.#changes.remove(key, stamp, owner))) !== undefined
  }

  pop(session: SessionIdentity): Promise<MemoryItem | undefined> {
    return this.#removed(this.#changes.pop(session.key))
  }

  async replaceEnd(session: SessionIdentity, replacement: EndReplacement): Promise<string[] | undefined> {
    const { expected } = replacement
    const { stamps, encoded } = checkReplacement(session, replacement, this.parts.clock.now())
    const replace = async (): Promise<string[] | undefined> => {
      const added = await this.#changes.replaceEnd(session, stamps, encoded)
      if (added === undefined) return undefined
      this.#itemsAdded += added.length
      void this.#sealer.now(session.key)
      await this.#inBase('delete', (base) => base.delete?.(expected))
      await this.#inBase('add', (base) => base.add(added))
      return added.map(({ id }) => id)
    }
    return this.#finish(replace())
  }

  async updateSession(session: SessionIdentity, change: SessionChange): Promise<SessionInfo> {
    const changer = checkSessionChange(change)
    const update = async (): Promise<SessionInfo> => {
      await this.#changes.setAbout(session, changer)
      const info = await this.sessions.get(session.key)
      if (info === undefined) throw new ThermoclineError('CONFLICT', 'Cannot update session: it was deleted meanwhile')
      return info
    }
    return this.#finish(update())
  }

  async deleteSession(session: SessionIdentity): Promise<boolean> {
    const { key, tenantId, userId, sessionId } = session
    const remove = async (): Promise<boolean> => {
      const removed = await this.#changes.erase(key)
      publishStep(SESSION_ERASED, key)
      await this.#inBase('erase', (base) => base.erase({ tenantId, userId, sessionId }))
      return removed !== undefined
    }
    return this.#finish(remove())
  }

  fork(from: SessionIdentity, to: SessionIdentity, upTo: string | undefined): Promise<number | undefined> {
    const stamp = upTo === undefined ? undefined : stampWithin(from, upTo, 'upTo')
    const { parts, reads } = this
    const stored = (items: readonly MemoryItem[]): Promise<void> => this.#tellBase(items)
    const forking = { parts, reads, writes: this.#writes, changes: this.#changes, stored }
    const fork = async (): Promise<number | undefined> => {
      if (this.parts.relief.refuses('new-session')) await this.#checkKnown(to)
      return forkSession(forking, from, to, stamp)
    }
    return this.#finish(fork())
  }

  searchMemory(owner: Owner, query: SearchQuery): Promise<SearchResult> {
    return this.#finish(this.search.search(owner, query))
  }

  erase(owner: Owner): Promise<EraseReceipt> {
    return this.#finish(this.erases.start(owner))
  }

  async history(session: SessionIdentity, query: HistoryQuery): Promise<readonly MemoryItem[]> {
    const resolved = resolveQuery(session.key, query)
    this.#underWay += 1
    try {
      const found =
        resolved.maxTokens === undefined
          ? this.reads.history(session.key, resolved)
          : historyWithinTokens(this.reads, session.key, resolved, this.parts.countTokens)
      return (await found) ?? (await this.#baseHistory(session, resolved))
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

  async promote(session: SessionIdentity): Promise<boolean> {
    this.parts.relief.check('rehydration', 'promote session')
    return this.#rewriteAll(session, (record, _heat, now) => {
      warmArchives(this.parts, record, now)
      return planRehydrateWhere(record, () => true)
    })
  }

  async demote(session: SessionIdentity, to: 'warm' | 'cold'): Promise<boolean> {
    if (to !== 'warm' && to !== 'cold') {
      throw new ThermoclineError(
        'INVALID_ARGUMENT',
        `Cannot demote session: expected "warm" or "cold": received ${shown(to)}`,
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
    this.#sealer.close()
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

  /** Tells the caller's own store of items that are gone. */
  #removed(removing: Promise<MemoryItem | undefined>): Promise<MemoryItem | undefined> {
    const tell = async (): Promise<MemoryItem | undefined> => {
      const item = await removing
      if (item !== undefined) await this.#inBase('delete', (base) => base.delete?.([item.id]))
      return item
    }
    return this.#finish(tell())
  }

  /** @throws ThermoclineError `MEMORY_PRESSURE` */
  async #checkKnown({ key }: SessionIdentity): Promise<void> {
    const { durable, relief } = this.parts
    if ((await durable.load(key, { newest: 1 })) === undefined) relief.check('new-session', 'begin session')
  }

  async #inBase(method: string, call: (base: BaseMemoryManager) => Promise<void> | undefined): Promise<void> {
    const base = this.#base
    if (base !== undefined) await callBase(method, () => call(base))
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

const NO_ITEMS: readonly MemoryItem[] = Object.freeze([])
