import { setTimeout as delay } from 'node:timers/promises'
import { isThermoclineError } from '../../../src/errors.ts'
import { TieredStorageManager } from '../../../src/thermocline.ts'
import { Chance } from '../../support/random.ts'
import { microseconds } from '../erase/journal.ts'
import type { LineJournal } from '../support/line-journal.ts'
import { untilAnswered } from '../support/until-answered.ts'
import type { Whereabouts } from '../support/whereabouts.ts'
import { type JournalLine, textOf, USER } from './journal.ts'

export interface WriterPlan {
  readonly where: Whereabouts
  readonly seed: number
  readonly firstOp: number
  /** One add at a time in each; others may write there too. */
  readonly sessions: readonly string[]
}

/** After an error, as a caller with some patience. */
const PATIENCE_MS = 50

/** Goes on adding and reading, whatever it is answered; it never connects anew by itself. */
export class Writer {
  readonly #plan: WriterPlan
  readonly #journal: LineJournal<JournalLine>
  readonly #memory: TieredStorageManager
  #op: number

  constructor(plan: WriterPlan, journal: LineJournal<JournalLine>) {
    this.#plan = plan
    this.#journal = journal
    this.#op = plan.firstOp
    this.#memory = new TieredStorageManager({
      ...plan.where,
      tierMigrationInterval: 0,
      // Sealed all the time, so that these commits are hit too.
      tailMaxItems: 20,
    })
  }

  /** Until `over` is aborted. */
  async run(onReady: () => void, over: AbortSignal): Promise<void> {
    const { sessions, seed } = this.#plan
    const address = { userId: USER, sessionId: sessions[0]! }
    await untilAnswered(() => this.#memory.getConversationHistory({ ...address, peek: true }))
    onReady()
    await Promise.all(sessions.map((session, i) => this.#write(session, new Chance(seed + i), over)))
    await this.#memory.close()
  }

  async #write(session: string, chance: Chance, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.#add(session)
      if (chance.of(0.1)) await this.#read(session)
      await delay(chance.between(0, 20))
    }
  }

  async #add(session: string): Promise<void> {
    const op = this.#op++
    const item = { userId: USER, sessionId: session, content: textOf(op), metadata: { op } } as const
    this.#journal.write({ kind: 'add', at: microseconds(), op, session })
    const id = await this.#tried(op, () => this.#memory.addMemoryItem({ ...item, contentType: 'user_message' }))
    if (id !== undefined) this.#journal.write({ kind: 'ack', at: microseconds(), op, id })
  }

  async #read(session: string): Promise<void> {
    await this.#tried(undefined, () =>
      this.#memory.getConversationHistory({ userId: USER, sessionId: session, limit: 30 }),
    )
  }

  async #tried<T>(op: number | undefined, call: () => Promise<T>): Promise<T | undefined> {
    const from = microseconds()
    try {
      return await call()
    } catch (error) {
      const at = microseconds()
      const code = isThermoclineError(error) ? error.code : ''
      const ofAdd = op === undefined ? {} : { op }
      this.#journal.write({ kind: 'failed', at, ...ofAdd, code, message: `${error}`, tookMs: (at - from) / 1000 })
      await delay(PATIENCE_MS)
      return undefined
    }
  }
}
