import { isThermoclineError } from '../../../src/errors.ts'
import type { ItemChange, MemoryItem } from '../../../src/memory/memory-item.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../../src/thermocline.ts'
import type { SessionAddress } from '../../../src/tiers/check-arguments.ts'
import { collect } from '../../support/items.ts'
import type { Chance } from '../../support/random.ts'

/** What somebody did to a memory while it was being imported to. */
export type Change = { readonly at: number } & (
  | { readonly kind: 'edit'; readonly id: string; readonly change: ItemChange }
  | { readonly kind: 'delete'; readonly id: string }
  | { readonly kind: 'add'; readonly item: MemoryItem }
  | { readonly kind: 'say'; readonly session: SessionAddress; readonly title: string }
  | { readonly kind: 'delete session'; readonly session: SessionAddress }
)

const RETENTION_DAYS = 10_000

/**
 * Does to a memory what its users and sweeps may do at any time, one thing after another, and writes down what changed
 * what it holds.
 */
export class Disturber {
  readonly #chance: Chance
  readonly #options: TieredStorageManagerOptions
  readonly #changes: Change[] = []
  #last: Promise<void> = Promise.resolve()

  constructor(chance: Chance, options: TieredStorageManagerOptions) {
    this.#chance = chance
    this.#options = options
  }

  get changes(): readonly Change[] {
    return this.#changes
  }

  /** Goes on for so many things, or until it is told that nobody needs it any more. */
  disturb(count: number, isEnough: () => boolean = () => false): Promise<void> {
    this.#last = this.#last.then(async () => {
      await using memory = new TieredStorageManager(this.#options)
      for (let i = 0; i < count && !isEnough(); i++) await this.#doSomething(memory)
    })
    return this.#last
  }

  async #doSomething(memory: TieredStorageManager): Promise<void> {
    const sessions = (await collect(memory.iterateSessions())).filter(({ items }) => items > 0)
    if (sessions.length === 0) return
    const { tenantId, userId, sessionId } = this.#chance.pick(sessions)
    try {
      await this.#change(memory, { tenantId, userId, sessionId })
    } catch (error) {
      // Nothing was done then: the importer was faster again and again, or the session had been deleted.
      if (!(isThermoclineError(error) && ['CONFLICT', 'ERASED'].includes(error.code))) throw error
    }
  }

  async #change(memory: TieredStorageManager, session: SessionAddress): Promise<void> {
    const chance = this.#chance
    const what = chance.between(1, 40)
    const at = Date.now()
    // Who deletes a session may begin it anew.
    const deleted = this.#changes.filter((change) => change.kind === 'delete session')
    if (deleted.length > 0 && chance.of(0.1)) await this.#add(memory, chance.pick(deleted).session, at)
    else if (what <= 8) await memory.runMigration({ all: chance.of(0.5) })
    else if (what <= 10) await memory.demote(session, chance.pick(['warm', 'cold']))
    else if (what <= 12) await memory.promote(session)
    else if (what === 13) {
      if (await memory.deleteSession(session)) this.#changes.push({ at, kind: 'delete session', session })
    } else if (what <= 15) {
      const title = `Renamed at ${at}`
      await memory.updateSession({ ...session, metadata: { title }, retentionDays: RETENTION_DAYS })
      this.#changes.push({ at, kind: 'say', session, title })
    } else if (what <= 21) await this.#add(memory, session, at)
    else {
      const items = await collect(memory.iterateConversationHistory({ ...session, peek: true }))
      const ids = Array.from({ length: chance.between(1, 6) }, () =>
        items.length > 0 ? chance.pick(items).id : undefined,
      )
      for (const id of ids) if (id !== undefined) await (what <= 29 ? this.#delete(memory, id) : this.#edit(memory, id))
    }
  }

  async #delete(memory: TieredStorageManager, id: string): Promise<void> {
    const at = Date.now()
    if (await memory.deleteMemoryItem(id)) this.#changes.push({ at, kind: 'delete', id })
  }

  async #edit(memory: TieredStorageManager, id: string): Promise<void> {
    const at = Date.now()
    const content = `edited ${this.#changes.length}`
    const change = this.#chance.pick([
      { content },
      { content: '', importance: 1 },
      { metadata: { content } },
      { pinned: true },
    ])
    if ((await memory.updateMemoryItem(id, change)) !== undefined) this.#changes.push({ at, kind: 'edit', id, change })
  }

  /** An item of its own: the newest of the session, or in the midst of those that are imported. */
  async #add(memory: TieredStorageManager, session: SessionAddress, at: number): Promise<void> {
    const item = { ...session, content: `added ${this.#changes.length}`, contentType: 'note' }
    const createdAt = Date.UTC(2025, 0, 1) + this.#chance.between(0, 60_000_000)
    const key = this.#chance.of(0.5) ? { createdAt, idempotencyKey: `added ${this.#changes.length}` } : {}
    const id = await memory.addMemoryItem({ ...item, ...key })
    const added = await memory.getMemoryItem(id, { read: 'strong', peek: true })
    if (added === undefined) throw new Error(`Cannot add to ${JSON.stringify(session)}: what was added is not there`)
    this.#changes.push({ at, kind: 'add', item: added })
  }
}

/** Does the same to a memory with everything in it, at the times when it was done. */
export async function replay(
  changes: readonly Change[],
  options: TieredStorageManagerOptions,
): Promise<readonly string[]> {
  const clock = new ManualClock()
  const problems: string[] = []
  await using memory = new TieredStorageManager({ ...options, clock })
  for (const change of changes) {
    clock.set(change.at)
    if (!(await apply(memory, change))) problems.push(`nowhere but there: ${JSON.stringify(change).slice(0, 200)}`)
  }
  return problems
}

/** False where it changed nothing. */
async function apply(memory: TieredStorageManager, change: Change): Promise<boolean> {
  switch (change.kind) {
    case 'edit':
      return (await memory.updateMemoryItem(change.id, change.change)) !== undefined
    case 'delete':
      return memory.deleteMemoryItem(change.id)
    case 'add':
      return (await memory.restoreMemoryItems([change.item])).restored === 1
    case 'say':
      await memory.updateSession({
        ...change.session,
        metadata: { title: change.title },
        retentionDays: RETENTION_DAYS,
      })
      return true
    case 'delete session':
      return memory.deleteSession(change.session)
  }
}
