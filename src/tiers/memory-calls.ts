import type { ItemChange, MemoryItem } from '../memory/memory-item.ts'
import type { Owner, SessionIdentity } from '../memory/session.ts'
import { checkSearchNames, type SearchQuery } from '../search/search-query.ts'
import type { ItemChanger } from './changing/change-path.ts'
import type { EraseReceipt } from './changing/erase-jobs.ts'
import type { EndReplacement, SessionChange } from './check-arguments.ts'
import { checkForkNames, checkReplacementNames, checkSessionChangeNames } from './check-arguments.ts'
import type { Engine } from './engine.ts'
import type { HistoryQuery } from './reading/history-query.ts'
import type { SearchResult } from './reading/search-path.ts'
import { checkPageOptions, type ListedSessions, type SessionInfo, type SessionPageOptions } from './reading/sessions.ts'
import type { TierCounts } from './reading/tier-counts.ts'

/**
 * The calls that a manager and its scopes have in common. `A` is how they name a session, `O` how they name its owner:
 * a scope knows the owner already.
 */
export abstract class MemoryCalls<A extends { readonly sessionId: string }, O extends object> {
  /** Throws where the method may not be called. */
  protected abstract refuse(method: string): void
  /** Arguments are checked before: a promise that nobody waits for could reject. */
  protected abstract open(): Engine | Promise<Engine>
  protected abstract session(address: A): SessionIdentity
  protected abstract owner(given: O): Owner
  /** Whose an item must be, where that is settled; throws for an id that can't be theirs. */
  protected abstract ownerOfItem(id: string): Owner | undefined

  /**
   * A session's history, by default all of it, oldest first. Empty where there is none.
   * @throws ThermoclineError `INVALID_ID`, `INVALID_ARGUMENT`, `RESPONSE_TOO_LARGE`, `STORE_…`
   */
  async getConversationHistory(query: A & HistoryQuery): Promise<readonly MemoryItem[]> {
    this.refuse('getConversationHistory')
    const session = this.session(query)
    const engine = this.open()
    return (engine instanceof Promise ? await engine : engine).history(session, query)
  }

  /**
   * The same item by item, however long the history is: one segment of it is held at a time. Begins where `order` says
   * and ends after `limit` items; `maxTokens` is for histories only. Reads the durable store.
   * @throws ThermoclineError as {@link getConversationHistory}, when the first item is asked for
   */
  async *iterateConversationHistory(query: A & HistoryQuery): AsyncGenerator<MemoryItem, void, undefined> {
    this.refuse('iterateConversationHistory')
    const session = this.session(query)
    yield* (await this.open()).iterate(session, query)
  }

  /**
   * Changes an item where it stands; its place and `createdAt` stay. A function is given the item as it is and makes the
   * change from that, again if others were faster; undefined from it leaves the item as it is.
   * @returns The item as it is then, or undefined where there is none
   * @throws ThermoclineError `INVALID_ID`, `INVALID_ITEM`, `ITEM_TOO_LARGE`, `CONFLICT`, `OUT_OF_SCOPE`, `STORE_…`,
   * `BASE_MEMORY_FAILED`
   */
  async updateMemoryItem(
    id: string,
    change: ItemChange | ((item: MemoryItem) => ItemChange | undefined),
  ): Promise<MemoryItem | undefined> {
    this.refuse('updateMemoryItem')
    const owner = this.ownerOfItem(id)
    return (await this.open()).update(id, change satisfies ItemChanger, owner)
  }

  /**
   * Deletes an item. It is never read again, and adding it again with its `idempotencyKey` does not bring it back. What
   * is in the tail is removed from the store at once, what lies in a segment or came late by the next sweep.
   * @returns False where there was none (any more)
   * @throws ThermoclineError as {@link updateMemoryItem}
   */
  async deleteMemoryItem(id: string): Promise<boolean> {
    this.refuse('deleteMemoryItem')
    const owner = this.ownerOfItem(id)
    return (await this.open()).remove(id, owner)
  }

  /**
   * Deletes the newest item of a session and gives it, or undefined where there is none.
   * @throws ThermoclineError `INVALID_ID`, `CONFLICT` where others keep changing the session, `STORE_…`
   */
  async popMemoryItem(address: A): Promise<MemoryItem | undefined> {
    this.refuse('popMemoryItem')
    const session = this.session(address)
    return (await this.open()).pop(session)
  }

  /**
   * Replaces the newest items of a session, if they are still exactly those expected, in one step: nobody sees the one
   * gone and the other not there yet, and nothing that was added meanwhile is lost.
   * @returns The ids of what took their place, or undefined where the session ends otherwise by now
   * @throws ThermoclineError `INVALID_ID`, `INVALID_ITEM`, `OUT_OF_SCOPE`, `CONFLICT`, `STORE_…`, `BASE_MEMORY_FAILED`
   */
  async replaceConversationEnd(replacement: A & EndReplacement): Promise<string[] | undefined> {
    checkReplacementNames(replacement)
    this.refuse('replaceConversationEnd')
    const session = this.session(replacement)
    return (await this.open()).replaceEnd(session, replacement)
  }

  /**
   * Says something of a session as a whole, and makes the session if there is none yet.
   * @throws ThermoclineError `INVALID_ID`, `INVALID_ARGUMENT`, `INVALID_ITEM` for the metadata, `CONFLICT`, `STORE_…`
   */
  async updateSession(change: A & SessionChange): Promise<SessionInfo> {
    checkSessionChangeNames(change)
    this.refuse('updateSession')
    const session = this.session(change)
    return (await this.open()).updateSession(session, change)
  }

  /** A session as a whole, or undefined where there is none. Looks at the durable store, and is no read of the items. */
  async getSession(address: A): Promise<SessionInfo | undefined> {
    this.refuse('getSession')
    const { key } = this.session(address)
    return (await this.open()).sessions.get(key)
  }

  /**
   * A user's sessions, page by page, the newest first.
   * @throws ThermoclineError `INVALID_ID`, `INVALID_ARGUMENT`, `STORE_…`
   */
  async listSessions(options: O & SessionPageOptions): Promise<ListedSessions> {
    checkPageOptions(options)
    this.refuse('listSessions')
    const owner = this.owner(options)
    return (await this.open()).sessions.list(owner, options)
  }

  /**
   * Removes a session with all that it holds, at once. What is added to it later makes it anew; what was added before
   * never comes back, however late its write lands.
   * @returns False where there was none
   * @throws ThermoclineError `INVALID_ID`, `CONFLICT`, `STORE_…`, `BASE_MEMORY_FAILED`
   */
  async deleteSession(address: A): Promise<boolean> {
    this.refuse('deleteSession')
    const session = this.session(address)
    return (await this.open()).deleteSession(session)
  }

  /**
   * Copies a session, up to and with the item `upTo` or all of it, into another session of the same user. Items keep
   * their place and time and get ids of their own. Where it was broken off, doing it again completes it.
   * @returns How many items the new session has, or undefined where there is nothing to copy
   * @throws ThermoclineError `INVALID_ID`, `OUT_OF_SCOPE`, `CONFLICT` where the other session has items of its own,
   * `INVALID_ARGUMENT` where it is the same one, `ERASED` where it was deleted, `STORE_…`, `BASE_MEMORY_FAILED`
   */
  async forkSession(fork: A & { readonly toSessionId: string; readonly upTo?: string }): Promise<number | undefined> {
    checkForkNames(fork)
    this.refuse('forkSession')
    const from = this.session(fork)
    const to = this.session({ ...fork, sessionId: fork.toSessionId })
    return (await this.open()).fork(from, to, fork.upTo)
  }

  /**
   * The items of a user that answer a question best, over all sessions and tiers: by words, in whatever language. Each
   * item that is found counts as read.
   * @throws ThermoclineError `INVALID_ARGUMENT`, `INVALID_ID`, `STORE_…`
   */
  async searchMemory(search: O & SearchQuery): Promise<SearchResult> {
    this.refuse('searchMemory')
    checkSearchNames(search)
    const owner = this.owner(search)
    return (await this.open()).searchMemory(owner, search)
  }

  /**
   * Erases all that was added of a user, in every session and tier. The first pass is done when this resolves: from then
   * on nothing of it is read. A later sweep, of any process, makes the second pass for writes that were under way, about
   * 20 minutes later, and then the receipt is final. The job is written down first, so that no death of a process
   * leaves it half done.
   * @throws ThermoclineError `INVALID_ID`, `ERASE_UNFINISHED` where the next sweep has to go on, `STORE_…`
   */
  async eraseUser(owner: O): Promise<EraseReceipt> {
    this.refuse('eraseUser')
    const erased = this.owner(owner)
    return (await this.open()).erase(erased)
  }

  /** What lies in which tier, of one user. Looks at every session, and is no read of the items. */
  async getTierCounts(owner: O): Promise<TierCounts> {
    this.refuse('getTierCounts')
    const counted = this.owner(owner)
    return (await this.open()).sessions.countTiers(counted)
  }

  /** Brings a session out of the cold tier and keeps it out, as reads would. True if anything was moved. */
  async promote(address: A): Promise<boolean> {
    this.refuse('promote')
    const session = this.session(address)
    return (await this.open()).promote(session)
  }

  /** Sends a session to a lower tier at once, whatever its age, and drops its copies. True if anything was moved. */
  async demote(address: A, to: 'warm' | 'cold' = 'cold'): Promise<boolean> {
    this.refuse('demote')
    const session = this.session(address)
    return (await this.open()).demote(session, to)
  }
}
