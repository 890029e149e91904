import assert from 'node:assert/strict'
import type { MemoryItem, NewMemoryItem } from '../../../src/memory/memory-item.ts'
import type { TieredStorageManager, TieredStorageManagerOptions } from '../../../src/thermocline.ts'
import { MINUTE_MS } from '../items.ts'
import type { Place } from '../place.ts'
import { type ModelItem, SessionModel, textOf } from './session-model.ts'
import type { Program } from './step.ts'

/** A manager, and what it has learnt of each session: its adds have to sort after that. */
export interface Actor {
  memory: TieredStorageManager
  readonly newest: Map<SessionModel, string>
}

/** An erase that waits for its second pass. */
export interface PendingErase {
  readonly id: string
  readonly tenantId: string
  readonly userId: string
  readonly firstPassAt: number
}

// Ids of items that were made 5 minutes ahead of the clock would be refused.
const MAX_BACK_MS = 4 * MINUTE_MS
const MAX_POOL = 60

/** Everything that the steps of one program work on: real managers, the model, and what both have in common. */
export class World {
  readonly place: Place
  readonly actors: readonly Actor[]
  readonly sessions: readonly SessionModel[] = [
    new SessionModel('default', 'ada', 'one'),
    new SessionModel('default', 'ada', 'two'),
    new SessionModel('default', 'ada', 'three'),
    new SessionModel('other', 'ada', 'one'),
  ]
  readonly retentionDays: number
  /** When each idempotency key was said to be of. */
  readonly keys: Map<string, number> = new Map()
  /** Items that were read, to be put back some day. */
  readonly pool: MemoryItem[] = []
  erases: readonly PendingErase[] = []
  readonly #open: () => TieredStorageManager
  /** When each manager last changed something, on the clock at its highest. */
  readonly #changedAt = new Map<Actor, number>()
  readonly #isAlwaysFresh: boolean
  #highest: number
  #contents = 0

  constructor(place: Place, program: Pick<Program, 'managers' | 'options'>) {
    const { managers, options } = program
    const all: TieredStorageManagerOptions = {
      ...options,
      tokenCounter: { name: 'made up', exact: true, count: tokensOf },
    }
    this.place = place
    this.#open = () => place.open(all)
    this.actors = Array.from({ length: managers }, () => ({ memory: this.#open(), newest: new Map() }))
    this.retentionDays = options.retentionDays ?? 0
    this.#isAlwaysFresh = options.inProcessMaxAgeMs === 0
    this.#highest = place.clock.now()
  }

  get now(): number {
    return this.place.clock.now()
  }

  actor({ by }: { readonly by: number }): Actor {
    return this.actors[by % this.actors.length]!
  }

  session({ session }: { readonly session: number }): SessionModel {
    return this.sessions[session % this.sessions.length]!
  }

  /** The sessions of one session's user. */
  sessionsLike({ address: { tenantId, userId } }: SessionModel): readonly SessionModel[] {
    return this.sessions.filter(({ address }) => address.tenantId === tenantId && address.userId === userId)
  }

  reopen(actor: Actor): void {
    actor.memory = this.#open()
    actor.newest.clear()
  }

  newManager(): TieredStorageManager {
    return this.#open()
  }

  advance(ms: number): void {
    this.place.clock.advance(ms)
    this.#highest = Math.max(this.#highest, this.now)
  }

  /** Not so far that something that was seen to expire could be seen again. */
  stepBack(ms: number): void {
    const { now } = this
    const expired = this.sessions.flatMap(({ items }) => items.map(({ expiresAt = 0 }) => expiresAt))
    const earliest = Math.max(this.#highest - MAX_BACK_MS, ...expired.filter((at) => at <= now))
    this.place.clock.set(Math.max(Math.min(now, earliest), now - ms))
  }

  /** Text with a word that no other item has. */
  newContent(size: number): string {
    this.#contents += 1
    return `w${this.#contents} common ${filler(this.#contents, size)}`
  }

  newItem(session: SessionModel, content: string, more: Partial<NewMemoryItem>): NewMemoryItem {
    return { ...session.address, content, contentType: 'user_message', ...more }
  }

  /** An actor was told of these: what it adds later sorts after them. */
  saw(actor: Actor, session: SessionModel, ids: Iterable<string>): void {
    let newest = actor.newest.get(session) ?? ''
    for (const id of ids) if (id > newest) newest = id
    actor.newest.set(session, newest)
  }

  changed(actor: Actor): void {
    this.#changedAt.set(actor, this.#highest)
  }

  /** Whether a read that may be behind others can't be. A clock that steps back keeps it behind for longer. */
  isFresh(actor: Actor): boolean {
    if (this.#isAlwaysFresh) return true
    for (const [other, at] of this.#changedAt) if (other !== actor && this.now < at + 100) return false
    return true
  }

  /** Compares items with what the model says, and remembers some of them. */
  same(actor: Actor, session: SessionModel, actual: readonly MemoryItem[], expected: readonly ModelItem[]): void {
    assert.deepEqual(actual.map(textOf), expected.map(textOf))
    for (const { sessionId, tenantId, userId } of actual)
      assert.deepEqual({ tenantId, userId, sessionId }, session.address)
    this.saw(
      actor,
      session,
      actual.map(({ id }) => id),
    )
    this.pool.push(...actual)
    while (this.pool.length > MAX_POOL) this.pool.splice(this.#contents % this.pool.length, 1)
  }
}

/** A count that differs from item to item. */
export function tokensOf(content: string): number {
  return 1 + (content.length % 7)
}

/** Text that compresses badly, so that archives outgrow their bounds. */
function filler(seed: number, size: number): string {
  let text = ''
  for (let state = seed; text.length < size; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += state.toString(36)
  }
  return text.slice(0, size)
}
