import { isThermoclineError, type SessionAddress } from '../../index.ts'
import type { ImportTarget, SessionSettings } from './import-target.ts'
import type { Read } from './read-items.ts'

const MAX_ITEMS = 500
const MAX_CHARACTERS = 2 * 1024 * 1024

/** An item on its way into a memory, with where it comes from. */
type Entry = Extract<Read, { readonly kind: 'item' | 'restore' }>

/** What became of a batch. */
export interface BatchOutcome {
  readonly added: number
  readonly erased: number
  /** Why each item was refused that was, and where it comes from. */
  readonly refused: readonly string[]
  /** The first error that is no fault of an item. */
  readonly failure: unknown
}

/** Codes that are about the item itself: another attempt would end the same way. */
const ITEM_FAULTS: ReadonlySet<string> = new Set(['INVALID_ITEM', 'INVALID_ID', 'ITEM_TOO_LARGE', 'OUT_OF_SCOPE'])

/** Items that are stored together. */
export class ItemBatch {
  readonly #target: ImportTarget
  readonly #entries: Entry[] = []
  readonly #settings: { readonly address: SessionAddress; readonly settings: SessionSettings }[] = []
  /** Sessions of which items turned out to be erased. */
  readonly #erased = new Set<string>()
  #characters = 0

  constructor(target: ImportTarget) {
    this.#target = target
  }

  /** Whether what was read should go into another batch. Settings and the first item of a session stay together. */
  isFullFor({ kind }: Read): boolean {
    const hasManySettings = this.#settings.length >= MAX_ITEMS && kind === 'session'
    return hasManySettings || this.#entries.length >= MAX_ITEMS || this.#characters >= MAX_CHARACTERS
  }

  add(entry: Entry): void {
    this.#entries.push(entry)
    this.#characters += entry.item.content.length + (entry.item.payload?.data.length ?? 0)
  }

  /** Settings of a session, to be set once its items of this batch are stored. */
  set(address: SessionAddress, settings: SessionSettings): void {
    this.#settings.push({ address, settings })
  }

  /** Never rejects. */
  async store(): Promise<BatchOutcome> {
    const restored = this.#entries.filter((entry) => entry.kind === 'restore')
    const bySession = Map.groupBy(restored, ({ item }) => nameOf(item))
    const outcomes = await Promise.all([
      ...[...bySession.values()].map((entries) => this.#restore(entries)),
      ...this.#entries.map((entry) => this.#add(entry)),
    ])
    const failure = outcomes.find((outcome) => outcome.failure !== undefined)?.failure
    return {
      added: outcomes.reduce((sum, { added }) => sum + added, 0),
      erased: outcomes.reduce((sum, { erased }) => sum + erased, 0),
      refused: outcomes.flatMap(({ refused }) => refused),
      failure: failure ?? (await this.#applySettings()),
    }
  }

  /** Adds made together become one commit for each session. */
  async #add(entry: Entry): Promise<BatchOutcome> {
    if (entry.kind === 'restore') return NOTHING
    try {
      await this.#target.addMemoryItem(entry.item)
      return { ...NOTHING, added: 1 }
    } catch (error) {
      if (codeOf(error) === 'ERASED') this.#erased.add(nameOf(entry.item))
      return outcomeOf(error, entry)
    }
  }

  /** @param entries of one session, at least one */
  async #restore(entries: readonly Extract<Entry, { kind: 'restore' }>[]): Promise<BatchOutcome> {
    try {
      const { restored, erased } = await this.#target.restoreMemoryItems(entries.map(({ item }) => item))
      if (erased > 0) this.#erased.add(nameOf(entries[0]!.item))
      return { ...NOTHING, added: restored, erased }
    } catch (error) {
      if (entries.length === 1 || !isItemFault(error)) return outcomeOf(error, entries[0]!)
      // One of them made the memory refuse all: halving finds it.
      const middle = Math.ceil(entries.length / 2)
      const halves = [
        await this.#restore(entries.slice(0, middle)),
        await this.#restore(entries.slice(middle)),
      ] as const
      return {
        added: halves[0].added + halves[1].added,
        erased: halves[0].erased + halves[1].erased,
        refused: [...halves[0].refused, ...halves[1].refused],
        failure: halves[0].failure ?? halves[1].failure,
      }
    }
  }

  /** @returns what went wrong, if anything did */
  async #applySettings(): Promise<unknown> {
    try {
      for (const { address, settings } of this.#settings) {
        const name = nameOf(address)
        // What was said of a session that was erased meanwhile is gone too, even where the session was begun anew.
        if (this.#erased.has(name)) continue
        const isFilled = this.#entries.some(({ item }) => nameOf(item) === name)
        const session = await this.#target.getSession(address)
        // Erased since its items were stored. One without items is made here.
        if (isFilled && session === undefined) continue
        // Somebody else has said something since the settings were read.
        if (session?.metadata !== undefined || session?.retentionDays !== undefined) continue
        await this.#target.updateSession({ ...address, ...settings })
      }
      return undefined
    } catch (error) {
      return error
    }
  }
}

function nameOf({ tenantId = 'default', userId, sessionId }: SessionAddress): string {
  return `${tenantId}\n${userId}\n${sessionId}`
}

const NOTHING: BatchOutcome = Object.freeze({ added: 0, erased: 0, refused: [], failure: undefined })

function outcomeOf(error: unknown, { where }: Entry): BatchOutcome {
  if (codeOf(error) === 'ERASED') return { ...NOTHING, erased: 1 }
  if (isItemFault(error)) return { ...NOTHING, refused: [`${where}: ${(error as Error).message}`] }
  return { ...NOTHING, failure: error }
}

function isItemFault(error: unknown): boolean {
  return ITEM_FAULTS.has(codeOf(error) ?? '')
}

function codeOf(error: unknown): string | undefined {
  return isThermoclineError(error) ? error.code : undefined
}
