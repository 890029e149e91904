import { setImmediate as turn } from 'node:timers/promises'
import { isThermoclineError } from '../../../src/errors.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { TieredStorageManager, type TieredStorageManagerOptions } from '../../../src/thermocline.ts'
import { Chance } from '../../support/random.ts'
import type { LineJournal } from '../support/line-journal.ts'
import type { Whereabouts } from '../support/whereabouts.ts'
import type { Intent, JournalLine } from './journal.ts'
import { itemOf, USER } from './journal-item.ts'

/**
 * What a writer does beside adding: `all` of it, or only what leads to one kind of rewrite, so that a kill at a named
 * step is sure to hit that kind.
 */
export type WriterMode = 'all' | 'seal' | 'archive' | 'rehydrate'

export interface WriterPlan {
  readonly where: Whereabouts
  readonly seed: number
  readonly mode: WriterMode
  readonly firstOp: number
  /** Milliseconds since 1970 that its clock begins at. */
  readonly startAt: number
  /** Items with a key that an earlier writer may have added: they are sent again. */
  readonly resend: readonly Intent[]
}

/** More than Firestore keeps in a record: such an item has a document of its own. */
const LARGEST_CHARS = 80_000
const SESSIONS = ['chat', 'import', 'busy', 'quiet']
/** Removed again and again. */
const DOOMED = 'doomed'
const DAY_MS = 86_400_000

/** Bounds so low that items are archived, split and merged all the time. */
export const WRITER_OPTIONS: TieredStorageManagerOptions = {
  hotTierMaxAgeDays: 1,
  warmTierMaxAgeDays: 2,
  minAccessCountHot: 2,
  minAccessCountWarm: 1,
  archiveMaxBytes: 40 * 1024,
  tierMigrationInterval: 0,
  // What kills do is looked at here, and not what a busy machine does.
  durableCalls: { timeoutMs: 60_000 },
}
/** And sealed all the time, or never. */
const SHORT_TAIL = { tailMaxItems: 12, tailMaxBytes: 32 * 1024 } as const
const LONG_TAIL = { tailMaxItems: 10_000, tailMaxBytes: 512 * 1024 } as const

/** Writes to several sessions at once and migrates them, until it has taken `rounds` rounds. */
export class Writer {
  readonly #plan: WriterPlan
  readonly #journal: LineJournal<JournalLine>
  readonly #clock: ManualClock
  readonly #memory: TieredStorageManager
  #op: number

  constructor(plan: WriterPlan, journal: LineJournal<JournalLine>) {
    this.#plan = plan
    this.#journal = journal
    this.#clock = new ManualClock(plan.startAt)
    const tail = plan.mode === 'all' || plan.mode === 'seal' ? SHORT_TAIL : LONG_TAIL
    this.#memory = new TieredStorageManager({ ...WRITER_OPTIONS, ...tail, ...plan.where, clock: this.#clock })
    this.#op = plan.firstOp
  }

  async run(rounds: number, onReady: () => void = () => undefined): Promise<void> {
    this.#advance(0)
    // Connects where there is something to connect to: a kill would hit little else.
    await this.#memory.getConversationHistory({ userId: USER, sessionId: SESSIONS[0]!, peek: true })
    onReady()
    // At once, so that adds meet seals, sweeps and each other.
    const loops = [1, 2, 3].map((i) => this.#repeat(rounds, new Chance(this.#plan.seed + i), (by) => this.#addSome(by)))
    loops.push(this.#repeat(rounds, new Chance(this.#plan.seed), (by, round) => this.#migrate(by, round)))
    await Promise.all([...loops, this.#resend()])
    await this.#memory.close()
  }

  async #repeat(rounds: number, by: Chance, body: (by: Chance, round: number) => Promise<void>): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await body(by, round)
      // Lets in whatever else waits for a turn.
      await turn()
    }
  }

  async #resend(): Promise<void> {
    for (const intent of this.#plan.resend) await this.#add([intent])
  }

  async #addSome(chance: Chance): Promise<void> {
    if (this.#plan.mode === 'all' && chance.of(0.1)) return this.#addToDoomed(chance)
    const session = chance.pick(SESSIONS)
    const count = chance.of(0.3) ? chance.between(2, 9) : 1
    const intents = Array.from({ length: count }, () =>
      this.#intent(chance, chance.of(0.8) ? session : chance.pick(SESSIONS)),
    )
    if (count === 1 || chance.of(0.5)) await this.#add(intents)
    else await Promise.all(intents.map((intent) => this.#add([intent])))
  }

  /** One by one: those with a key may be of a time that was removed already. */
  async #addToDoomed(chance: Chance): Promise<void> {
    await this.#add([this.#intent(chance, DOOMED)])
  }

  #intent(chance: Chance, session: string): Intent {
    const op = this.#op++
    const size = chance.of(0.03) ? chance.between(4000, LARGEST_CHARS) : chance.between(5, 500)
    if (!chance.of(0.2)) return { kind: 'intent', op, session, size }
    const ago = chance.of(0.5) ? chance.between(0, 1000) : chance.between(0, 3 * DAY_MS)
    return { kind: 'intent', op, session, size, keyedAt: this.#clock.now() - ago }
  }

  async #add(intents: readonly Intent[]): Promise<void> {
    for (const intent of intents) this.#journal.write(intent)
    const ids = await this.#send(intents)
    for (const [i, id] of ids.entries()) this.#journal.write({ kind: 'ack', op: intents[i]!.op, id })
  }

  async #send(intents: readonly Intent[]): Promise<readonly string[]> {
    const [first] = intents
    if (intents.length > 1) return this.#memory.addMemoryItems(intents.map(itemOf))
    try {
      return [await this.#memory.addMemoryItem(itemOf(first!))]
    } catch (error) {
      if (first!.session !== DOOMED || !isThermoclineError(error, 'ERASED')) throw error
      this.#journal.write({ kind: 'refused', op: first!.op })
      return []
    }
  }

  async #migrate(chance: Chance, round: number): Promise<void> {
    const { mode } = this.#plan
    const address = { userId: USER, sessionId: chance.pick(SESSIONS) }
    if (mode === 'seal') return
    this.#advance(mode === 'archive' || chance.of(0.3) ? 3 * DAY_MS : chance.between(0, DAY_MS))
    if (mode === 'archive') await this.#memory.runMigration()
    else if (mode === 'rehydrate')
      await (round % 2 === 0 ? this.#memory.demote(address) : this.#memory.promote(address))
    else await this.#anything(chance, address)
  }

  async #anything(chance: Chance, address: { readonly userId: string; readonly sessionId: string }): Promise<void> {
    const what = chance.between(1, 11)
    if (what <= 4) await this.#memory.runMigration()
    else if (what === 5) await this.#memory.demote(address, 'warm')
    else if (what === 6) await this.#memory.demote(address, 'cold')
    else if (what === 7) await this.#memory.promote(address)
    // Reads leave heat, which brings archives back with the next sweep.
    else if (what === 8) await this.#memory.getConversationHistory(address)
    else if (what === 9) await this.#remove(DOOMED)
    else await this.#memory.getConversationHistory({ ...address, limit: 10 })
  }

  async #remove(session: string): Promise<void> {
    this.#journal.write({ kind: 'remove', session })
    await this.#memory.deleteSession({ userId: USER, sessionId: session })
    this.#journal.write({ kind: 'removed', session })
  }

  #advance(ms: number): void {
    this.#clock.advance(ms)
    this.#journal.write({ kind: 'clock', now: this.#clock.now() })
  }
}
