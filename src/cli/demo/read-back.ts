import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { MemoryItem, Tier, TieredStorageManager } from '../../index.ts'
import { CommandError } from '../command.ts'
import { TIERS } from '../tiers.ts'
import type { Conversation, PlayedItem } from './conversation.ts'

/** What reading a tier took, in milliseconds of this machine's own clock. */
export interface TierReadings {
  items: number
  sessions: number
  /** Whole histories, from where they are kept. */
  readonly first: number[]
  /** The same once more, where the copy in this process served it: long sessions are not kept whole. */
  readonly copy: number[]
  /** One item by its id, after that. */
  readonly byId: number[]
}

export type ReadBack = { readonly [tier in Tier]: TierReadings }

/** Sessions of a tier that are read a second time: more would count as use, and keep the conversation warm. */
const SAMPLES = 3

/** Reads conversations back, compares them with what was put in, and keeps the time. */
export class Reader {
  readonly #conversation: Conversation
  /** Tiers that have been read twice already. */
  readonly #sampled = new Set<Tier>()

  constructor(conversation: Conversation) {
    this.#conversation = conversation
  }

  /**
   * Reads every session.
   * @throws CommandError where anything is not what was put in, in its place
   */
  async readAll(memory: TieredStorageManager): Promise<ReadBack> {
    const found = { hot: emptyReadings(), warm: emptyReadings(), cold: emptyReadings() }
    const samples = new Map<Tier, number>()
    for (const expected of this.#conversation.sessions.values()) {
      const session = addressOf(expected)
      const startedAt = performance.now()
      const history = await memory.getConversationHistory(session)
      const firstMs = performance.now() - startedAt
      compare(expected, history)
      for (const { tier } of history) found[tier].items += 1
      const tiers = TIERS.filter((tier) => history.some((item) => item.tier === tier))
      for (const tier of tiers) found[tier].sessions += 1
      // A session that reaches into an archive takes the time of one.
      const tier = tiers.at(-1)!
      found[tier].first.push(firstMs)
      const taken = samples.get(tier) ?? 0
      if (this.#sampled.has(tier) || taken >= SAMPLES) continue
      samples.set(tier, taken + 1)
      await readAgain(memory, expected, found[tier])
    }
    for (const tier of samples.keys()) this.#sampled.add(tier)
    return found
  }
}

/** Compares a history with what was put in. @throws CommandError at the first difference */
export function compare(expected: readonly PlayedItem[], history: readonly MemoryItem[]): void {
  const { userId, sessionId } = expected[0]!.item
  const where = `session ${sessionId} of ${userId}`
  if (history.length !== expected.length) {
    throw new CommandError(`${where}: ${expected.length} items were put in, ${history.length} came back`)
  }
  for (const [i, { item, origin }] of expected.entries()) {
    const back = history[i]!
    for (const name of Object.keys(item) as (keyof typeof item)[]) {
      if (isDeepStrictEqual(item[name], Reflect.get(back, name))) continue
      throw new CommandError(`${where}: item ${i + 1} (${origin}) came back with another ${name}`)
    }
  }
}

export function addressOf(session: readonly PlayedItem[]): { readonly userId: string; readonly sessionId: string } {
  const { userId, sessionId } = session[0]!.item
  return { userId, sessionId }
}

async function readAgain(
  memory: TieredStorageManager,
  expected: readonly PlayedItem[],
  readings: TierReadings,
): Promise<void> {
  const startedAt = performance.now()
  const history = await memory.getConversationHistory(addressOf(expected))
  const ms = performance.now() - startedAt
  if (history.every(({ cached }) => cached)) readings.copy.push(ms)
  compare(expected, history)
  // Reads of old sessions are written down behind our back: that is not what a reader waits for.
  await setImmediate()
  const { id } = history[Math.floor(history.length / 2)]!
  const byIdAt = performance.now()
  const item = await memory.getMemoryItem(id)
  readings.byId.push(performance.now() - byIdAt)
  if (item?.id !== id) throw new CommandError(`item ${id} did not come back by its id`)
}

function emptyReadings(): TierReadings {
  return { items: 0, sessions: 0, first: [], copy: [], byId: [] }
}
