import { setImmediate as turn } from 'node:timers/promises'
import { inspect } from 'node:util'
import { type Clock, systemClock } from '../../../src/lib/clock.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { inProcessHotStore } from '../../../src/stores/in-process/hot-store.ts'
import { sqliteDurableStore } from '../../../src/stores/sqlite/durable-store.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import type { TierOptions } from '../../../src/tiers/options.ts'
import { Chance } from '../../support/random.ts'
import type { LineJournal } from '../support/line-journal.ts'
import { canariesIn, canary, sessionIdOf, userIdOf } from './canary.ts'
import { type JournalLine, microseconds } from './journal.ts'

/** What a process does. */
export type Role = 'write' | 'sweep' | 'read' | 'erase'

export interface TrafficPlan {
  readonly file: string
  readonly seed: number
  readonly role: Role
  readonly users: number
  /** Operations are numbered from here; no two processes share a number. */
  readonly firstOp: number
  /** Whom an eraser erases, and writers leave alone once it is asked for. */
  readonly victims: readonly number[]
  /** How far the process's clock is ahead, in milliseconds. */
  readonly aheadMs: number
}

const SESSIONS_PER_USER = 4
const MINUTE_IN_DAYS = 1 / 1440

/** All that is older than a moment is cold, and tails are short: sweeps pack and merge all the time. */
export const TRAFFIC_OPTIONS: Partial<TierOptions> = {
  hotTierMaxAgeDays: MINUTE_IN_DAYS / 600,
  warmTierMaxAgeDays: MINUTE_IN_DAYS / 300,
  minAccessCountHot: 16,
  minAccessCountWarm: 4,
  archiveMaxBytes: 64 * 1024,
  tailMaxItems: 12,
  tailMaxBytes: 32 * 1024,
  tierMigrationInterval: 0,
}

export function clockAhead(aheadMs: number): Clock {
  return { ...systemClock, now: () => Date.now() + aheadMs }
}

export function openMemory(file: string, aheadMs: number): TieredStorageManager {
  const durable = sqliteDurableStore({ path: file, synchronous: 'normal' })
  const stores = { durable, hot: inProcessHotStore() }
  return new TieredStorageManager({ ...TRAFFIC_OPTIONS, stores, clock: clockAhead(aheadMs) })
}

interface Known {
  readonly id: string
  readonly sessionId: string
  /** Whose texts it may have. */
  readonly ops: number[]
}

/** One process's share of the traffic. Says all that goes wrong to `print`, as an application would log it. */
export class Traffic {
  readonly #plan: TrafficPlan
  readonly #journal: LineJournal<JournalLine>
  readonly #print: (text: string) => void
  readonly #chance: Chance
  readonly #memory: TieredStorageManager
  readonly #known = new Map<number, Known[]>()
  readonly #isBeingErased: (user: number) => boolean
  #op: number

  /** `isBeingErased` is asked before each write. */
  constructor(
    plan: TrafficPlan,
    journal: LineJournal<JournalLine>,
    print: (text: string) => void,
    isBeingErased: (user: number) => boolean,
  ) {
    this.#plan = plan
    this.#journal = journal
    this.#print = print
    this.#isBeingErased = isBeingErased
    this.#chance = new Chance(plan.seed)
    this.#memory = openMemory(plan.file, plan.aheadMs)
    this.#op = plan.firstOp
  }

  async run(rounds: number, onReady: () => void = () => undefined): Promise<void> {
    await this.#memory.initialize()
    onReady()
    if (this.#plan.role === 'erase') await this.#eraseAll()
    else for (let round = 0; round < rounds; round++) await this.#tell(() => this.#round())
    await this.#memory.close()
  }

  async #round(): Promise<void> {
    // Lets in whatever else waits for a turn.
    await turn()
    const { role, users } = this.#plan
    if (role === 'sweep') this.#print(inspect(await this.#memory.runMigration(), { depth: 10 }))
    else if (role === 'read') await this.#read(this.#chance.pick(this.#plan.victims))
    else {
      const user = this.#chance.between(0, users - 1)
      if (!this.#isBeingErased(user)) await this.#write(user)
    }
  }

  async #tell(body: () => Promise<void>): Promise<void> {
    try {
      await body()
    } catch (error) {
      this.#print(inspect(error, { depth: 10 }))
    }
  }

  async #write(user: number): Promise<void> {
    const known = this.#knownOf(user)
    const what = this.#chance.between(1, 20)
    const target = known.length === 0 ? undefined : this.#chance.pick(known)
    if (what <= 10 || target === undefined) await this.#add(user)
    else if (what <= 12) await this.#edit(user, target)
    else if (what <= 13) await this.#remove(user, target)
    else if (what <= 14) await this.#sayOf(user, target.sessionId)
    else if (what <= 15) await this.#fork(user, target.sessionId)
    else if (what <= 16) await this.#memory.demote({ userId: userIdOf(user), sessionId: target.sessionId }, 'warm')
    else if (what <= 17) await this.#memory.demote({ userId: userIdOf(user), sessionId: target.sessionId })
    else if (what <= 18) await this.#memory.runMigration()
    else if (what <= 19) await this.#mistake(user)
    else if (this.#chance.of(0.3)) await this.#removeSession(user, target.sessionId)
  }

  async #add(user: number): Promise<void> {
    const sessionId = sessionIdOf(user, this.#chance.between(1, SESSIONS_PER_USER))
    const ops = Array.from({ length: this.#chance.of(0.5) ? 1 : this.#chance.between(2, 8) }, () => this.#op++)
    const items = ops.map((op) => ({
      userId: userIdOf(user),
      sessionId,
      content: this.#text(user, op),
      contentType: 'user_message',
      metadata: { [`of ${canary(user, op)}`]: canary(user, op) },
    }))
    const ids = await this.#memory.addMemoryItems(items)
    for (const [i, op] of ops.entries()) {
      this.#journal.write({ kind: 'wrote', at: microseconds(), user, op, id: ids[i]! })
      this.#knownOf(user).push({ id: ids[i]!, sessionId, ops: [op] })
    }
  }

  async #edit(user: number, target: Known): Promise<void> {
    const op = this.#op++
    this.#journal.write({ kind: 'edits', at: microseconds(), user, op, id: target.id })
    const old = [...target.ops]
    target.ops.push(op)
    const edited = await this.#memory.updateMemoryItem(target.id, { content: this.#text(user, op), metadata: null })
    if (edited === undefined) return
    this.#journal.write({ kind: 'wrote', at: microseconds(), user, op, id: target.id })
    this.#journal.write({ kind: 'removed', at: microseconds(), user, ops: old })
  }

  async #remove(user: number, target: Known): Promise<void> {
    const { ops } = target
    this.#known.set(
      user,
      this.#knownOf(user).filter((other) => other !== target),
    )
    this.#journal.write({ kind: 'removes', at: microseconds(), user, ops })
    await this.#memory.deleteMemoryItem(target.id)
    this.#journal.write({ kind: 'removed', at: microseconds(), user, ops })
  }

  /** A session that only this process writes to, so that what it holds is known. */
  async #removeSession(user: number, from: string): Promise<void> {
    const sessionId = `${sessionIdOf(user, 9)} ${this.#op}`
    const op = this.#op++
    const address = { userId: userIdOf(user), sessionId }
    this.#journal.write({ kind: 'removes', at: microseconds(), user, ops: [op] })
    await this.#memory.addMemoryItem({ ...address, content: this.#text(user, op), contentType: 'note' })
    await this.#memory.updateSession({ ...address, metadata: { title: canary(user, op), from } })
    if (this.#chance.of(0.5)) await this.#memory.demote(address)
    await this.#memory.deleteSession(address)
    this.#journal.write({ kind: 'removed', at: microseconds(), user, ops: [op] })
  }

  async #sayOf(user: number, sessionId: string): Promise<void> {
    const op = this.#op++
    // Others may say something else at any time.
    this.#journal.write({ kind: 'removes', at: microseconds(), user, ops: [op] })
    await this.#memory.updateSession({ userId: userIdOf(user), sessionId, metadata: { title: canary(user, op) } })
    this.#journal.write({ kind: 'wrote', at: microseconds(), user, op })
  }

  /** The copies have the texts of the originals, and are erased with their user. */
  async #fork(user: number, sessionId: string): Promise<void> {
    if (!this.#plan.victims.includes(user)) return
    const toSessionId = `${sessionIdOf(user, 8)} ${this.#op++}`
    await this.#memory.forkSession({ userId: userIdOf(user), sessionId, toSessionId })
  }

  /** What is refused must not show what is in it. */
  async #mistake(user: number): Promise<void> {
    const text = canary(user, this.#op++)
    const address = { userId: userIdOf(user), sessionId: sessionIdOf(user, 1) }
    const wrong: readonly (() => Promise<unknown>)[] = [
      () => this.#memory.addMemoryItem({ ...address, content: text.repeat(60_000), contentType: 'note' }),
      () => this.#memory.addMemoryItem({ ...address, content: text, contentType: `note\n${text}` }),
      () => this.#memory.addMemoryItem({ ...address, content: text, contentType: 'note', metadata: { text, not: -0 } }),
      () => this.#memory.getMemoryItem(text),
      () => this.#memory.getMemoryItem(text, { read: 'strong' }),
      () => this.#memory.getConversationHistory({ userId: `${text}\u0000`, sessionId: text }),
      () => this.#memory.listSessions({ userId: userIdOf(user), cursor: text }),
      () => this.#memory.updateSession({ ...address, metadata: { text: text.repeat(9000) } }),
      () => this.#memory.getEraseReceipt(text),
      () => this.#memory.getConversationHistory({ ...address, from: text.repeat(9) as 'newest' }),
    ]
    await this.#tell(async () => void (await this.#chance.pick(wrong)()))
  }

  async #read(user: number): Promise<void> {
    const session = this.#chance.between(1, SESSIONS_PER_USER)
    const address = { userId: userIdOf(user), sessionId: sessionIdOf(user, session) }
    const strong = this.#chance.of(0.5)
    const at = microseconds()
    const read = strong ? 'strong' : 'cached'
    let items: readonly MemoryItem[]
    if (this.#chance.of(0.2)) {
      const { hits } = await this.#memory.searchMemory({ userId: userIdOf(user), query: 'lake stone wind', limit: 50 })
      items = hits.map(({ item }) => item)
    } else items = await this.#memory.getConversationHistory({ ...address, read, limit: this.#chance.pick([5, 500]) })
    const ops = canariesIn(JSON.stringify(items)).flatMap(({ op }) => (op === undefined ? [] : [op]))
    this.#journal.write({ kind: 'read', at, user, ops: [...new Set(ops)], strong })
  }

  async #eraseAll(): Promise<void> {
    for (const user of this.#plan.victims) {
      const askedAt = microseconds()
      try {
        const { id } = await this.#memory.eraseUser({ userId: userIdOf(user) })
        this.#journal.write({ kind: 'erased', at: microseconds(), user, askedAt, receiptId: id })
      } catch (error) {
        this.#print(inspect(error, { depth: 10 }))
      }
      for (let i = 0; i < 4; i++) await this.#tell(() => this.#read(user))
    }
  }

  #knownOf(user: number): Known[] {
    const known = this.#known.get(user) ?? []
    this.#known.set(user, known)
    return known
  }

  /** From a few bytes to more than a page takes, and now and then close to the largest. */
  #text(user: number, op: number): string {
    const size = this.#chance.of(0.01) ? this.#chance.between(100_000, 480_000) : this.#chance.pick(SIZES)
    const words = `${canary(user, op)} ${this.#chance.pick(WORDS)} `
    // Repeated, so that the text stands in every part of what it is stored in.
    return words.repeat(Math.max(1, Math.ceil(size / words.length)))
  }
}

const SIZES = [10, 10, 30, 100, 300, 900, 1500, 2500, 4000, 9000, 20_000] as const
const WORDS = 'lake layer warm cold depth water light wind stone shore drift calm wave reed frost thaw'.split(' ')
