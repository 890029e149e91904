import fc from 'fast-check'
import { expect } from 'vitest'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import type { HistoryQuery } from '../../src/tiers/history-query.ts'
import { DAY_MS, message } from './items.ts'
import type { Place } from './memories.ts'
import { MemoryModel } from './memory-model.ts'

const SESSIONS = ['one', 'two'] as const

/** One step of a program that a user might write; numbers are taken modulo what there is. */
export type Step =
  | {
      readonly do: 'add'
      readonly session: number
      readonly count: number
      readonly size: number
      readonly lifeMs: number
    }
  | { readonly do: 'add keyed'; readonly session: number; readonly key: number; readonly agoMs: number }
  | { readonly do: 'history'; readonly session: number; readonly query: QueryPlan }
  | { readonly do: 'iterate'; readonly session: number; readonly query: QueryPlan }
  | { readonly do: 'get'; readonly session: number; readonly index: number; readonly strong: boolean }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'demote'; readonly session: number; readonly to: 'warm' | 'cold' }
  | { readonly do: 'promote'; readonly session: number }
  | { readonly do: 'sweep' | 'reopen' }

interface QueryPlan {
  readonly limit: number | undefined
  readonly from: 'newest' | 'oldest'
  readonly order: 'newest' | 'oldest'
  readonly read: 'cached' | 'strong'
  readonly after: Edge | undefined
  readonly before: Edge | undefined
}

interface Edge {
  readonly kind: 'id' | 'time'
  readonly index: number
}

const session = fc.nat(SESSIONS.length - 1)
const edge: fc.Arbitrary<Edge | undefined> = fc.option(
  fc.record({ kind: fc.constantFrom('id' as const, 'time' as const), index: fc.nat(200) }),
  { nil: undefined, freq: 3 },
)
const query: fc.Arbitrary<QueryPlan> = fc.record({
  limit: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
  from: fc.constantFrom('newest' as const, 'oldest' as const),
  order: fc.constantFrom('newest' as const, 'oldest' as const),
  read: fc.constantFrom('cached' as const, 'cached' as const, 'strong' as const),
  after: edge,
  before: edge,
})

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      session,
      count: fc.integer({ min: 1, max: 9 }),
      size: fc.constantFrom(1, 30, 900),
      lifeMs: fc.constantFrom(0, 0, 0, 1, DAY_MS / 2, 3 * DAY_MS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('add keyed' as const),
      session,
      key: fc.nat(15),
      agoMs: fc.constantFrom(0, 1, 60_000, DAY_MS, 5 * DAY_MS),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('history' as const), session, query }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('iterate' as const), session, query }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('get' as const), session, index: fc.nat(200), strong: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 200, DAY_MS / 3, 2 * DAY_MS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('demote' as const),
      session,
      to: fc.constantFrom('warm' as const, 'cold' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('promote' as const), session }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
)

/** Programs of about `length` steps. */
export function programs(length: number): fc.Arbitrary<Step[]> {
  return fc.array(step, { minLength: 1, maxLength: length, size: 'max' })
}

/** Runs steps one after another on a manager and on the model, and compares every answer. */
export class ProgramRun {
  readonly model: MemoryModel = new MemoryModel()
  readonly #place: Place
  readonly #open: () => TieredStorageManager
  readonly #keys = new Map<string, number>()
  #memory: TieredStorageManager
  #added = 0

  constructor(place: Place, open: () => TieredStorageManager) {
    this.#place = place
    this.#open = open
    this.#memory = open()
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.take(step)
    for (const sessionId of SESSIONS) {
      for (const read of ['cached', 'strong'] as const) await this.#history(sessionId, { read })
      await this.#iterate(sessionId, {})
    }
  }

  async take(step: Step): Promise<void> {
    const { clock } = this.#place
    switch (step.do) {
      case 'add':
        return this.#add(SESSIONS[step.session]!, step.count, step.size, step.lifeMs)
      case 'add keyed':
        return this.#addKeyed(SESSIONS[step.session]!, step.key, step.agoMs)
      case 'history':
        return this.#history(SESSIONS[step.session]!, this.#query(SESSIONS[step.session]!, step.query))
      case 'iterate':
        return this.#iterate(SESSIONS[step.session]!, this.#query(SESSIONS[step.session]!, step.query))
      case 'get':
        return this.#get(SESSIONS[step.session]!, step.index, step.strong)
      case 'advance':
        return clock.advance(step.ms)
      case 'demote':
        await this.#memory.demote(this.#address(SESSIONS[step.session]!), step.to)
        return
      case 'promote':
        await this.#memory.promote(this.#address(SESSIONS[step.session]!))
        return
      case 'sweep':
        expect(await this.#memory.runMigration()).toMatchObject({ failed: 0, finished: true })
        return
      case 'reopen':
        await this.#memory.close()
        // Ending and starting takes time: what a manager has not read itself, it sorts after by the clock.
        clock.advance(1)
        this.#memory = this.#open()
        return
      default:
        step satisfies never
    }
  }

  async #add(sessionId: string, count: number, size: number, lifeMs: number): Promise<void> {
    const acknowledged = this.model.items(sessionId).length
    const expiresAt = lifeMs === 0 ? undefined : this.#place.clock.now() + lifeMs
    const added = await Promise.all(
      Array.from({ length: count }, async () => {
        const content = `${this.#added++}:${'x'.repeat(size)}`
        const item = message(content, { sessionId, ...(expiresAt !== undefined && { expiresAt }) })
        return { content, expiresAt, id: await this.#memory.addMemoryItem(item) }
      }),
    )
    // Calls at once keep their order.
    expect(added.map(({ id }) => id)).toEqual(added.map(({ id }) => id).sort())
    for (const item of added) this.model.appended(sessionId, item, acknowledged)
  }

  async #addKeyed(sessionId: string, key: number, agoMs: number): Promise<void> {
    const idempotencyKey = `key ${key}`
    const known = `${sessionId} ${key}`
    const createdAt = this.#keys.get(known) ?? this.#place.clock.now() - agoMs
    this.#keys.set(known, createdAt)
    const content = `${idempotencyKey} at ${createdAt}`
    const id = await this.#memory.addMemoryItem(message(content, { sessionId, idempotencyKey, createdAt }))
    this.model.keyed(sessionId, { id, content, expiresAt: undefined }, createdAt)
  }

  async #history(sessionId: string, query: HistoryQuery): Promise<void> {
    const items = await this.#memory.getConversationHistory({ ...this.#address(sessionId), ...query })
    const expected = this.model.history(sessionId, query, this.#place.clock.now())
    expect(items.map(({ content }) => content)).toEqual(expected)
  }

  async #iterate(sessionId: string, { from: _, ...query }: HistoryQuery): Promise<void> {
    const contents: string[] = []
    for await (const item of this.#memory.iterateConversationHistory({ ...this.#address(sessionId), ...query }))
      contents.push(item.content)
    const from = query.order ?? 'oldest'
    expect(contents).toEqual(this.model.history(sessionId, { ...query, from }, this.#place.clock.now()))
  }

  async #get(sessionId: string, index: number, strong: boolean): Promise<void> {
    const items = this.model.items(sessionId)
    if (items.length === 0) return
    const { id } = items[index % items.length]!
    const item = await this.#memory.getMemoryItem(id, ...(strong ? [{ read: 'strong' as const }] : []))
    expect(item?.content).toBe(this.model.get(sessionId, id, this.#place.clock.now()))
  }

  #address(sessionId: string): { userId: string; sessionId: string } {
    return { userId: 'ada', sessionId }
  }

  #query(sessionId: string, plan: QueryPlan): HistoryQuery {
    const { limit, after, before, ...rest } = plan
    const edgeOf = ({ kind, index }: Edge): string | Date | undefined => {
      if (kind === 'time') return new Date(this.#place.clock.now() - index * 10 * 60_000)
      const items = this.model.items(sessionId)
      return items[index % Math.max(1, items.length)]?.id
    }
    const [afterEdge, beforeEdge] = [after && edgeOf(after), before && edgeOf(before)]
    return {
      ...rest,
      ...(limit !== undefined && { limit }),
      ...(afterEdge !== undefined && { after: afterEdge }),
      ...(beforeEdge !== undefined && { before: beforeEdge }),
    }
  }
}
