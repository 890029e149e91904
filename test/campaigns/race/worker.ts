import { setTimeout as delay } from 'node:timers/promises'
import { isThermoclineError } from '../../../src/errors.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../../src/thermocline.ts'
import { Chance } from '../../support/random.ts'
import { microseconds } from '../erase/journal.ts'
import type { LineJournal } from '../support/line-journal.ts'
import { MAX_PROOF_AGE_MS, RECOVERY_MS, USER, WORKER_OPTIONS } from './bounds.ts'
import { type JournalLine, type Op, type ReadQuery, readText, textOf } from './journal.ts'
import { SessionNames } from './session-names.ts'

export interface WorkerPlan {
  readonly file: string
  readonly redis: NonNullable<TieredStorageManagerOptions['redis']>
  readonly seed: number
  readonly firstOp: Op
  /** When the round began and when it ends, in microseconds. */
  readonly startedAt: number
  readonly endsAt: number
  /** Items with a key that an earlier process may have added: they are sent again. */
  readonly resend: readonly KeyedItem[]
}

export interface KeyedItem {
  readonly session: string
  readonly item: Op
  readonly createdAt: number
  readonly size: number
}

interface KnownItem {
  readonly id: string
  readonly item: Op
  readonly session: string
}

const LOOPS = 4
const VERSES = 4
const TICK_MS = 20
const STALL_MS = 50
const STATS_MS = 500
/** Items that are remembered for being read, changed and deleted. */
const MAX_KNOWN = 60

/** Reads, adds and changes the sessions that all workers share, until the round ends or somebody kills it. */
export class Worker {
  readonly #plan: WorkerPlan
  readonly #journal: LineJournal<JournalLine>
  readonly #memory: TieredStorageManager
  readonly #names: SessionNames
  readonly #ids = new Map<Op, string>()
  readonly #known: KnownItem[] = []
  readonly #keyed: KeyedItem[]
  /** Items that this process or an earlier one has sent. */
  readonly #sent: Set<Op>
  #op: Op

  constructor(plan: WorkerPlan, journal: LineJournal<JournalLine>) {
    this.#plan = plan
    this.#journal = journal
    this.#op = plan.firstOp
    this.#keyed = [...plan.resend]
    this.#sent = new Set(plan.resend.map(({ item }) => item))
    this.#names = new SessionNames(plan.startedAt)
    this.#memory = new TieredStorageManager({ ...WORKER_OPTIONS, path: plan.file, redis: plan.redis })
  }

  async run(onReady: () => void): Promise<void> {
    await this.#memory.initialize()
    onReady()
    const timers = [setInterval(this.#stallWatch(), TICK_MS), setInterval(() => this.#tellServed(), STATS_MS)]
    const loops = Array.from({ length: LOOPS }, (_, i) => this.#loop(new Chance(this.#plan.seed + i)))
    await Promise.all([...loops, this.#chorus(new Chance(this.#plan.seed + LOOPS))])
    // By then, whatever befell Redis before the end is no excuse any more.
    await delay(MAX_PROOF_AGE_MS + RECOVERY_MS / 2)
    for (const session of this.#names.all(microseconds())) {
      for (const strong of [true, false]) await this.#history(session, strong, {}, true)
    }
    for (const timer of timers) clearInterval(timer)
    this.#tellServed()
    await this.#memory.close()
  }

  async #loop(chance: Chance): Promise<void> {
    while (microseconds() < this.#plan.endsAt) {
      const session = this.#names.pick(chance, microseconds())
      const what = chance.between(1, 100)
      try {
        if (what <= 62) await this.#history(session, chance.of(0.5), this.#query(chance, session))
        else if (what <= 74) await this.#item(chance)
        else if (what <= 91) await this.#add(chance, session)
        else if (what <= 95) await this.#update(chance)
        else if (what <= 98) await this.#delete(chance)
        else await this.#demote(session, chance.of(0.5) ? 'warm' : 'cold')
      } catch (error) {
        this.#failed(error)
      }
      if (chance.of(0.4)) await delay(chance.between(0, 12))
    }
  }

  /** All processes add to the same session at the same time, one item after another, and look what came of it. */
  async #chorus(chance: Chance): Promise<void> {
    for (let now = microseconds(); now < this.#plan.endsAt; now = microseconds()) {
      await delay(this.#names.msToNextFocus(now))
      const session = this.#names.focus(microseconds())
      try {
        for (let i = 0; i < VERSES; i++) await this.#send([this.#newItem(chance, session)])
        await this.#history(session, true, { limit: 20 })
      } catch (error) {
        this.#failed(error)
      }
    }
  }

  /** Somebody else may be faster again and again; nothing else is to fail, whatever happens to Redis. */
  #failed(error: unknown): void {
    if (isThermoclineError(error, 'CONFLICT')) return
    const message = error instanceof Error ? `${error.message} ${error.stack}` : String(error)
    this.#journal.write({ kind: 'error', at: microseconds(), message })
  }

  #query(chance: Chance, session: string): ReadQuery {
    const what = chance.between(1, 10)
    if (what <= 2) return {}
    if (what <= 7) return { limit: chance.pick([1, 5, 10, 20, 50]) }
    const edge = this.#known.findLast((known) => known.session === session && chance.of(0.3))
    if (edge === undefined) return { limit: 30 }
    if (what === 8) return { after: edge.item }
    if (what === 9) return { before: edge.item, limit: chance.between(1, 10) }
    return { after: edge.item, from: 'oldest', limit: chance.between(1, 10) }
  }

  async #history(session: string, strong: boolean, query: ReadQuery, isLast = false): Promise<void> {
    const { after, before } = query
    const ends = {
      ...(after !== undefined && { after: this.#ids.get(after)! }),
      ...(before !== undefined && { before: this.#ids.get(before)! }),
      ...(query.limit !== undefined && { limit: query.limit }),
      ...(query.from !== undefined && { from: query.from }),
    }
    const from = microseconds()
    const items = await this.#memory.getConversationHistory({
      ...{ userId: USER, sessionId: session, read: strong ? 'strong' : 'cached' },
      ...ends,
    })
    this.#tellRead(from, session, strong, query, items, isLast)
  }

  async #item(chance: Chance): Promise<void> {
    const known = this.#pickKnown(chance)
    if (known === undefined) return
    const strong = chance.of(0.4)
    const from = microseconds()
    const item = await this.#memory.getMemoryItem(known.id, { read: strong ? 'strong' : 'cached' })
    this.#tellRead(from, known.session, strong, { item: known.item }, item === undefined ? [] : [item], false)
  }

  #tellRead(
    from: number,
    session: string,
    strong: boolean,
    query: ReadQuery,
    items: readonly MemoryItem[],
    isLast: boolean,
  ): void {
    const to = microseconds()
    const found: Op[] = []
    let ids: Record<Op, string> | undefined
    for (const { id, content } of items) {
      const [item, wrote] = readText(content)
      found.push(item, wrote)
      if (this.#ids.get(item) === id) continue
      this.#learn({ id, item, session })
      ids ??= {}
      ids[item] = id
    }
    const also = { ...(ids && { ids }), ...(isLast && { isLast }) }
    this.#journal.write({ kind: 'read', from, to, session, strong, query, found, ...also })
  }

  async #add(chance: Chance, session: string): Promise<void> {
    const what = chance.between(1, 10)
    if (what <= 6) return this.#send([this.#newItem(chance, session)])
    if (what <= 8) {
      const count = chance.between(2, 6)
      return this.#send(Array.from({ length: count }, () => this.#newItem(chance, session)))
    }
    const again = this.#keyed.length > 0 && chance.of(0.3) ? chance.pick(this.#keyed) : undefined
    if (again !== undefined) return this.#send([again])
    const keyed = { ...this.#newItem(chance, session), createdAt: Date.now() - chance.between(0, 2000) }
    this.#keyed.push(keyed)
    await this.#send([keyed])
  }

  #newItem(chance: Chance, session: string): Omit<KeyedItem, 'createdAt'> {
    return { session, item: this.#op++, size: chance.of(0.05) ? chance.between(1000, 4000) : chance.between(20, 300) }
  }

  async #send(items: readonly (Omit<KeyedItem, 'createdAt'> & { readonly createdAt?: number })[]): Promise<void> {
    const ops: Op[] = []
    for (const { session, item, size, createdAt } of items) {
      // Sent again, it is the same item and another attempt.
      const op = this.#sent.has(item) ? this.#op++ : item
      this.#sent.add(item)
      ops.push(op)
      const keyed = createdAt === undefined ? {} : { keyed: { createdAt, size } }
      this.#journal.write({ kind: 'begin', what: 'add', at: microseconds(), op, session, item, ...keyed })
    }
    const failures = this.#failures()
    const given = items.map(({ session, item, size, createdAt }) => ({
      ...{ userId: USER, sessionId: session, contentType: 'user_message', content: textOf(item, item, size) },
      ...(createdAt !== undefined && { idempotencyKey: `key ${item}`, createdAt }),
    }))
    const ids =
      given.length === 1 ? [await this.#memory.addMemoryItem(given[0]!)] : await this.#memory.addMemoryItems(given)
    const at = microseconds()
    const isTroubled = this.#failures() !== failures
    for (const [i, { item, session }] of items.entries()) {
      this.#journal.write({ kind: 'end', at, op: ops[i]!, did: true, isTroubled, id: ids[i]! })
      this.#learn({ id: ids[i]!, item, session })
    }
  }

  async #update(chance: Chance): Promise<void> {
    const known = this.#pickKnown(chance)
    if (known === undefined) return
    const op = this.#op++
    const { id, item } = known
    const content = textOf(item, op, chance.between(20, 300))
    await this.#change('update', op, known, async () => {
      return (await this.#memory.updateMemoryItem(id, { content })) !== undefined
    })
  }

  async #delete(chance: Chance): Promise<void> {
    const known = this.#pickKnown(chance)
    if (known === undefined) return
    await this.#change('delete', this.#op++, known, () => this.#memory.deleteMemoryItem(known.id))
  }

  async #change(
    what: 'update' | 'delete',
    op: Op,
    { item, session }: KnownItem,
    change: () => Promise<boolean>,
  ): Promise<void> {
    this.#journal.write({ kind: 'begin', what, at: microseconds(), op, session, item })
    const failures = this.#failures()
    const did = await change()
    const at = microseconds()
    this.#journal.write({ kind: 'end', at, op, did, isTroubled: this.#failures() !== failures })
  }

  async #demote(sessionId: string, to: 'warm' | 'cold'): Promise<void> {
    try {
      await this.#memory.demote({ userId: USER, sessionId }, to)
    } catch (error) {
      // Others were faster again and again: the next sweep goes on.
      if (!isThermoclineError(error, 'SEGMENT_MISSING')) throw error
    }
  }

  #learn(known: KnownItem): void {
    this.#ids.set(known.item, known.id)
    this.#known.push(known)
    if (this.#known.length > MAX_KNOWN) this.#known.shift()
  }

  #pickKnown(chance: Chance): KnownItem | undefined {
    return this.#known.length === 0 ? undefined : chance.pick(this.#known)
  }

  #failures(): number {
    return this.#memory.getStats().hot.shared?.failures ?? 0
  }

  #tellServed(): void {
    const { hits, shared } = this.#memory.getStats().hot
    const ofShared = shared?.hits ?? 0
    this.#journal.write({ kind: 'served', inProcess: hits - ofShared, shared: ofShared })
  }

  /** A process that did not run could not hear either. */
  #stallWatch(): () => void {
    let last = microseconds()
    return () => {
      const now = microseconds()
      if (now - last > (TICK_MS + STALL_MS) * 1000) this.#journal.write({ kind: 'stall', from: last, to: now })
      last = now
    }
  }
}
