import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isThermoclineError } from '../../src/errors.ts'
import type { MemoryItem, NewMemoryItem } from '../../src/memory/memory-item.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { hostileValue, isSameJson } from '../support/hostile-values.ts'
import { addAll, CHAT, message } from '../support/items.ts'
import { emptyPlace, type Place } from '../support/memories.ts'
import { CallCounter } from '../support/watched-store.ts'

const MAX_MESSAGE = 600
const VALUES = 5000
const REFUSALS: readonly string[] = ['INVALID_ITEM', 'INVALID_ID', 'INVALID_ARGUMENT', 'ITEM_TOO_LARGE', 'OUT_OF_SCOPE']
/** Hardly ever a part of a message that tells what is wrong. */
const SECRET = 'Qx7secretZ'

describe('hostile values', () => {
  const builtIns = [Object.prototype, Array.prototype, Function.prototype, String.prototype]
  let before: readonly string[]
  const state = (): string[] => builtIns.map((prototype) => Reflect.ownKeys(prototype).map(String).join())

  beforeAll(() => {
    before = state()
  })

  afterAll(() => {
    expect(state()).toEqual(before)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  /** True where the call was done; false where it was refused as it should be. */
  async function isDone(call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call()
      return true
    } catch (error) {
      if (isThermoclineError(error) && REFUSALS.includes(error.code)) {
        expect(error.message.length).toBeLessThan(MAX_MESSAGE)
        return false
      }
      throw error
    }
  }

  /** What was said of items by their makers, however it is read. */
  function said(items: readonly MemoryItem[]): unknown[] {
    return items.map(({ tier: _t, cached: _c, accessCount: _a, lastAccessedAt: _l, ...rest }) => rest)
  }

  it(`of ${VALUES} kinds come back exactly from every tier and from an export, or are refused`, {
    timeout: 60_000,
  }, async () => {
    const place = emptyPlace('sqlite')
    const memory = place.open({ tailMaxItems: 10_000, tailMaxBytes: 512 * 1024 })
    const values = fc.sample(hostileValue, { numRuns: VALUES, seed: 11 })
    const kept = new Map<
      string,
      { readonly sessionId: string; readonly metadata: unknown; readonly content: unknown }
    >()
    let refused = 0
    for (const [i, value] of values.entries()) {
      const sessionId = `s${i % 40}`
      const item = hostileItem(i, value, sessionId)
      const id = { is: '' }
      const done = await isDone(async () => {
        id.is = await memory.addMemoryItem(item)
      })
      if (done) kept.set(id.is, { sessionId, metadata: item.metadata, content: item.content })
      else refused += 1
    }
    expect(refused).toBeGreaterThan(VALUES / 10)
    expect(kept.size).toBeGreaterThan(VALUES / 10)
    const tail = await readAll(place.open())
    expect(tail).toHaveLength(kept.size)
    for (const { id, metadata, content } of tail) {
      const sent = kept.get(id)!
      if (!isSameJson(metadata, sent.metadata) || content !== sent.content) expect(metadata).toEqual(sent.metadata)
    }
    for (const to of ['warm', 'cold'] as const) {
      for (const sessionId of sessions) await memory.demote({ userId: 'ada', sessionId }, to)
      const moved = await readAll(place.open())
      if (!isSameJson(said(moved), said(tail))) expect(said(moved)).toEqual(said(tail))
      expect(new Set(moved.map(({ tier }) => tier))).toEqual(new Set([to === 'warm' ? 'hot' : 'cold']))
    }
    const other = emptyPlace('in-process').open()
    const exported = tail.map((item) => JSON.stringify(item))
    await other.restoreMemoryItems(exported.map((line) => JSON.parse(line) as MemoryItem))
    const restored = await readAll(other)
    if (!isSameJson(said(restored), said(tail))) expect(said(restored)).toEqual(said(tail))
  })

  const sessions = Array.from({ length: 40 }, (_, i) => `s${i}`)

  async function readAll(memory: TieredStorageManager): Promise<readonly MemoryItem[]> {
    const items = await Promise.all(
      sessions.map((sessionId) => memory.getConversationHistory({ userId: 'ada', sessionId, read: 'strong' })),
    )
    return items.flat().sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** The value in one of the places of an item that take one. */
  function hostileItem(i: number, value: unknown, sessionId: string): NewMemoryItem {
    const item = { userId: 'ada', sessionId, content: `item ${i}`, contentType: 'note' }
    const places: readonly object[] = [
      { metadata: value },
      { metadata: { value } },
      { metadata: { list: [value, value] } },
      { content: value },
      { payload: { format: 'any', data: typeof value === 'string' ? value : 'x' } },
      { metadata: { value }, payload: { format: 'any', data: typeof value === 'string' ? value : value } },
      { callId: value },
      { importance: value },
      { pinned: value },
      { contentType: value },
      { expiresAt: value },
      { createdAt: value },
    ]
    return { ...item, ...(places[i % 4 === 3 ? i % places.length : i % 3] as object) }
  }

  it('come back as said of a session, or are refused', { timeout: 60_000 }, async () => {
    const memory = emptyPlace('in-process').open()
    for (const value of fc.sample(hostileValue, { numRuns: 1000, seed: 12 })) {
      const metadata = { value } as never
      const given = (): never => metadata
      for (const change of [{ metadata }, { metadata: given }]) {
        const done = await isDone(() => memory.updateSession({ ...CHAT, ...change }))
        const { metadata: kept } = (await memory.getSession(CHAT)) ?? {}
        if (done && !isSameJson(kept, metadata)) expect(kept).toEqual(metadata)
        await memory.updateSession({ ...CHAT, metadata: null })
      }
    }
  })

  it('as changes, items and questions as a whole leave what is stored as it was', { timeout: 60_000 }, async () => {
    const place: Place = emptyPlace('in-process')
    const memory = place.open()
    const [id] = await addAll(memory, ['one'])
    const stored = async () => said(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))
    const untouched = await stored()
    for (const value of fc.sample(hostileValue, { numRuns: 1000, seed: 13 }) as never[]) {
      for (const call of [
        () => memory.addMemoryItem(value),
        () => memory.addMemoryItems(Array.isArray(value) ? value : [value]),
        () => memory.restoreMemoryItems(Array.isArray(value) ? value : [value]),
        () => memory.replaceConversationEnd({ ...CHAT, expected: [id!], items: [value, value] }),
      ]) {
        const done = await isDone(call)
        expect(done && !(Array.isArray(value) && (value as unknown[]).length === 0)).toBe(false)
      }
      // No change is one too.
      const isEmpty =
        value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
      if (!isEmpty && typeof value !== 'function')
        expect(await isDone(() => memory.updateMemoryItem(id!, value))).toBe(false)
    }
    expect(await stored()).toEqual(untouched)
  })

  it('are read once, so that what was checked is what is stored', async () => {
    const place = emptyPlace('sqlite')
    const memory = place.open()
    /** Right at first, and then something else. */
    const changing = (...answers: unknown[]) => {
      let reads = 0
      return { enumerable: true, get: () => answers[Math.min(reads++, answers.length - 1)] }
    }
    const metadata = Object.defineProperties({}, { a: changing(1, -0, 5n), b: changing('x', Symbol('s')) })
    const payload = Object.defineProperties({}, { format: changing('f', 7), data: changing('d', {}, null) })
    const item = Object.defineProperties(
      { metadata, payload },
      {
        userId: changing('ada', 'bea', '\u0000'),
        sessionId: changing('chat', 'other', ''),
        content: changing('right', {}, 5),
        contentType: changing('note', null),
        createdAt: changing(place.clock.now(), Number.NaN),
        sequence: changing(3, -5, 'x'),
        idempotencyKey: changing('k', '\n'),
        importance: changing(0.5, 9),
        expiresAt: changing(undefined, 'x'),
      },
    )
    const id = await memory.addMemoryItem(item as NewMemoryItem)
    const expected = {
      content: 'right',
      metadata: { a: 1, b: 'x' },
      payload: { format: 'f', data: 'd' },
      importance: 0.5,
    }
    expect(await place.open().getMemoryItem(id)).toMatchObject({ ...CHAT, ...expected })
    await memory.demote(CHAT)
    expect(await place.open().getMemoryItem(id)).toMatchObject({ ...CHAT, ...expected })
  })

  it('that throw when they are looked at do so to their owner, and nothing is stored', async () => {
    const counter = new CallCounter()
    const memory = emptyPlace('in-process', counter.wrap).open()
    await memory.initialize()
    const own = new Error('the own error of a getter')
    const thrower = (): never => {
      throw own
    }
    const getter = Object.defineProperty({}, 'a', { enumerable: true, get: thrower })
    const traps = ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor'] as const
    const proxies = traps.map((trap) => new Proxy({ a: 1 }, { [trap]: thrower }))
    for (const value of [getter, ...proxies] as never[]) {
      for (const call of [
        () => memory.addMemoryItem(value),
        () => memory.addMemoryItem(message('x', { metadata: value })),
        () => memory.addMemoryItem(message('x', { metadata: { value } })),
        () => memory.addMemoryItem(message('x', { payload: value })),
        () => memory.getConversationHistory(value),
      ]) {
        const error = await call().catch((reason: unknown) => reason)
        expect(error === own || isThermoclineError(error) || Array.isArray(error) || typeof error === 'string').toBe(
          true,
        )
      }
    }
    expect(counter.of('commit')).toBe(0)
  })

  it('are refused after a bounded look, however much there is of them', { timeout: 20_000 }, async () => {
    const memory = emptyPlace('in-process').open()
    let looks = 0
    const endless: unknown = new Proxy(
      {},
      {
        get(_, name) {
          looks += 1
          return name === 'toJSON' ? undefined : endless
        },
        ownKeys: () => ['a'],
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }),
        getPrototypeOf: () => Object.prototype,
      },
    )
    const many = new Proxy(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, 1])), {
      get(target, name) {
        looks += 1
        return Reflect.get(target, name)
      },
    })
    for (const metadata of [endless, { endless }, many, { a: [many] }] as never[]) {
      looks = 0
      expect(await isDone(() => memory.addMemoryItem(message('x', { metadata })))).toBe(false)
      expect(looks).toBeLessThan(200)
    }
    const huge = 'x'.repeat(2 ** 28)
    const wrong: readonly object[] = [
      { content: huge },
      { payload: { format: 'f', data: huge } },
      { payload: { format: huge, data: 'x' } },
      { callId: huge },
      { contentType: huge },
      { idempotencyKey: huge, createdAt: 5 },
    ]
    for (const fields of wrong) expect(await isDone(() => memory.addMemoryItem(message('x', fields)))).toBe(false)
  })

  it('are not quoted where they are refused', async () => {
    const memory = emptyPlace('in-process').open()
    const [id] = await addAll(memory, ['one'])
    const long = SECRET.repeat(60_000)
    const wrong: readonly (() => Promise<unknown>)[] = [
      () => memory.addMemoryItem(message(long)),
      () => memory.addMemoryItem(message('x', { metadata: { a: long } })),
      () => memory.addMemoryItem(message('x', { metadata: { a: SECRET, b: -0 } })),
      () => memory.addMemoryItem(message('x', { metadata: SECRET as never })),
      () => memory.addMemoryItem(message('x', { payload: SECRET as never })),
      () => memory.addMemoryItem(message('x', { payload: { format: 'x', data: [SECRET] } as never })),
      () => memory.addMemoryItem(message('x', { callId: `${SECRET}\n` })),
      () => memory.addMemoryItem(message([SECRET] as never)),
      () => memory.updateMemoryItem(id!, { content: [SECRET] as never }),
      () => memory.updateMemoryItem(id!, { content: long }),
      () => memory.updateSession({ ...CHAT, metadata: { a: long } }),
    ]
    for (const call of wrong) {
      const error = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (!isThermoclineError(error)) expect.unreachable(`${call}: ${error}`)
      else expect(`${error.stack}${JSON.stringify(error.details)}`).not.toContain(SECRET)
    }
  })
})
