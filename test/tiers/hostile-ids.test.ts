import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isThermoclineError } from '../../src/errors.ts'
import type { TieredStorageManager } from '../../src/thermocline.ts'
import { hostileId, isId, spoiltItemIds } from '../support/hostile-ids.ts'
import { addAll, CHAT, collect, contents, message } from '../support/items.ts'
import { emptyPlace, PLACES } from '../support/memories.ts'
import { Chance } from '../support/random.ts'
import { CallCounter } from '../support/watched-store.ts'

const CODES = ['INVALID_ID', 'INVALID_ARGUMENT', 'INVALID_ITEM', 'OUT_OF_SCOPE']
const MAX_MESSAGE = 400

/** Every call refuses with a typed error, short, and asks no store. */
async function expectRefused(calls: readonly (() => unknown)[], counter: CallCounter, what: () => string) {
  const before = counter.all
  for (const [i, call] of calls.entries()) {
    const error = await Promise.resolve()
      .then(call)
      .then(
        (answer) => `call ${i} answered ${String(answer)} to ${what()}`,
        (reason: unknown) => reason,
      )
    if (!isThermoclineError(error) || !CODES.includes(error.code) || error.message.length > MAX_MESSAGE) {
      expect.unreachable(`call ${i} for ${what()}: ${String(error)}`)
    }
  }
  expect(counter.all).toBe(before)
}

type Address = { readonly tenantId: string; readonly userId: string; readonly sessionId: string }

/** All calls that name a session, and some that name its owner. */
function callsFor(memory: TieredStorageManager, address: Address): readonly (() => unknown)[] {
  const item = { ...address, content: 'x', contentType: 'note' }
  return [
    () => memory.addMemoryItem(item),
    () => memory.addMemoryItems([item]),
    () => memory.getConversationHistory(address),
    () => collect(memory.iterateConversationHistory(address)),
    () => memory.popMemoryItem(address),
    () => memory.replaceConversationEnd({ ...address, expected: [], items: [] }),
    () => memory.updateSession({ ...address, metadata: {} }),
    () => memory.getSession(address),
    () => memory.deleteSession(address),
    () => memory.forkSession({ ...address, toSessionId: 'copy' }),
    () => memory.promote(address),
    () => memory.demote(address),
  ]
}

function ownerCallsFor(memory: TieredStorageManager, owner: Omit<Address, 'sessionId'>): readonly (() => unknown)[] {
  return [
    () => memory.scoped(owner),
    () => memory.listSessions(owner),
    () => memory.getTierCounts(owner),
    () => memory.eraseUser(owner),
    () => memory.searchMemory({ ...owner, query: 'x' }),
    () => collect(memory.iterateSessions(owner)),
  ]
}

describe.each(PLACES)('hostile ids, on %s', (kind) => {
  const RUNS = kind === 'sqlite' ? 1000 : 10_000

  it(`of ${RUNS} tenants, users and sessions are refused, or kept apart from all others`, {
    timeout: 60_000,
  }, async () => {
    const counter = new CallCounter()
    const memory = emptyPlace(kind, counter.wrap).open({ tailMaxItems: 4 })
    await memory.initialize()
    const chance = new Chance(1)
    const model = new Map<string, { readonly address: Address; contents: string[] }>()
    const triples = fc.sample(fc.tuple(hostileId, hostileId, hostileId), { numRuns: RUNS, seed: 7 })
    let refused = 0
    for (const [i, [tenantId, userId, sessionId]] of triples.entries()) {
      const address = { tenantId: tenantId ?? 'default', userId, sessionId } as Address
      const what = (): string =>
        JSON.stringify([tenantId, userId, sessionId].map((id) => (typeof id === 'string' ? id : typeof id)))
      const isOwner = isId(address.tenantId) && isId(userId)
      if (!isOwner || !isId(sessionId)) {
        refused += 1
        await expectRefused(callsFor(memory, address), counter, what)
        if (!isOwner) await expectRefused(ownerCallsFor(memory, address), counter, what)
        else await expectRefused([() => memory.scoped(pairOf(address)).getSession(address)], counter, what)
        continue
      }
      const key = JSON.stringify([address.tenantId, userId, sessionId])
      const known = model.get(key) ?? { address, contents: [] }
      model.set(key, known)
      await act(memory, known, `item ${i}`, chance)
    }
    expect(refused).toBeGreaterThan(RUNS / 10)
    expect(model.size).toBeGreaterThan(RUNS / 4)
    for (const { address, contents: expected } of model.values()) {
      const items = await memory.getConversationHistory({ ...address, read: 'strong' })
      if (JSON.stringify(contents(items)) !== JSON.stringify(expected)) expect(contents(items)).toEqual(expected)
      for (const item of items) if (!isOf(item, address)) expect(item).toMatchObject(address)
    }
    expect(await collect(memory.iterateSessions())).toHaveLength(
      [...model.values()].filter(({ contents: { length } }) => length > 0).length,
    )
  })

  function pairOf({ tenantId, userId }: Address) {
    return { tenantId, userId }
  }

  function isOf(item: Address, address: Address): boolean {
    return item.tenantId === address.tenantId && item.userId === address.userId && item.sessionId === address.sessionId
  }

  async function act(
    memory: TieredStorageManager,
    known: { readonly address: Address; contents: string[] },
    content: string,
    chance: Chance,
  ): Promise<void> {
    const { address } = known
    const scope = memory.scoped(pairOf(address))
    const item = { ...address, content, contentType: 'note' }
    const id = await (chance.of(0.5) ? memory.addMemoryItem(item) : scope.addMemoryItem(item))
    known.contents.push(content)
    expect(await scope.getMemoryItem(id)).toMatchObject({ ...address, content })
    const what = chance.between(1, 12)
    if (what === 1) {
      await scope.updateMemoryItem(id, { content: `${content}, changed` })
      known.contents[known.contents.length - 1] = `${content}, changed`
    } else if (what === 2) {
      expect(await memory.deleteMemoryItem(id)).toBe(true)
      // The session stays, with what it held before.
      await memory.addMemoryItem(item)
    } else if (what === 3) await scope.demote(address)
    else if (what === 4) {
      expect(await memory.deleteSession(address)).toBe(true)
      known.contents = []
    } else if (what === 5 && chance.of(0.2)) {
      const { sessions } = await scope.listSessions({ limit: 1000 })
      expect(sessions.map(({ sessionId }) => sessionId)).toContain(address.sessionId)
      expect(sessions.every(({ tenantId, userId }) => tenantId === address.tenantId && userId === address.userId)).toBe(
        true,
      )
    }
  }

  it('of items are refused before any store is asked, by every call that takes one', async () => {
    const counter = new CallCounter()
    const memory = emptyPlace(kind, counter.wrap).open()
    const [id] = await addAll(memory, ['one'])
    const scope = memory.scoped({ userId: 'ada' })
    for (const spoilt of spoiltItemIds(id!) as readonly string[]) {
      const calls = [memory, scope].flatMap((calling) => [
        () => calling.getMemoryItem(spoilt),
        () => calling.getMemoryItem(spoilt, { read: 'strong' }),
        () => calling.updateMemoryItem(spoilt, { content: 'x' }),
        () => calling.deleteMemoryItem(spoilt),
        () => calling.replaceConversationEnd({ ...CHAT, expected: [spoilt], items: [] }),
        () => calling.addMemoryItem(message('x', { after: spoilt ?? '' })),
        () => calling.restoreMemoryItems([{ ...message('x'), id: spoilt } as never]),
        () => calling.getConversationHistory({ ...CHAT, after: spoilt ?? '' }),
        () => calling.getConversationHistory({ ...CHAT, before: spoilt ?? '' }),
        () => collect(calling.iterateConversationHistory({ ...CHAT, after: spoilt ?? '' })),
        () => calling.forkSession({ ...CHAT, toSessionId: 'copy', upTo: spoilt ?? '' }),
      ])
      await expectRefused(calls, counter, () => String(spoilt).slice(0, 80))
    }
    expect(contents(await memory.getConversationHistory({ ...CHAT, read: 'strong' }))).toEqual(['one'])
  })

  it('of items that could be, and are not, lead nowhere', async () => {
    const memory = emptyPlace(kind).open()
    const [id] = await addAll(memory, ['one'])
    const others = [
      `${'0'.repeat(26)}${id!.slice(26)}`,
      `${id!.slice(0, 27)}${'0'.repeat(27)}`,
      `${id!.slice(0, 27)}${'v'.repeat(27)}`,
    ]
    for (const other of others) {
      expect(await memory.getMemoryItem(other)).toBeUndefined()
      expect(await memory.updateMemoryItem(other, { content: 'x' })).toBeUndefined()
      expect(await memory.deleteMemoryItem(other)).toBe(false)
    }
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['one'])
  })

  it('and cursors, receipts, dates and numbers of all kinds are refused in our terms', async () => {
    const place = emptyPlace(kind)
    const memory = place.open()
    await addAll(memory, ['one'])
    const noNumbers = [
      '1',
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -1,
      0,
      0.5,
      2 ** 53,
      {},
      [],
      null,
      5n,
      Symbol('n'),
      Object.create(null),
    ]
    // No null: in a question it counts as not said.
    const noTexts = [0, {}, [], true, 5n, Symbol('s'), Object.create(null)]
    const wrong: (() => unknown)[] = []
    for (const value of noNumbers as never[]) {
      wrong.push(
        () => memory.getConversationHistory({ ...CHAT, limit: value }),
        () => memory.getConversationHistory({ ...CHAT, maxTokens: value }),
        () => memory.listSessions({ userId: 'ada', limit: value }),
        () => memory.searchMemory({ userId: 'ada', query: 'x', limit: value }),
      )
    }
    for (const value of [
      ...noTexts,
      'x',
      'x'.repeat(100_000),
      '9'.repeat(17),
      '\ud800',
      'p1~',
      '__proto__',
    ] as never[]) {
      wrong.push(
        () => memory.listSessions({ userId: 'ada', cursor: value }),
        () => memory.getConversationHistory({ ...CHAT, from: value }),
        () => memory.getConversationHistory({ ...CHAT, order: value }),
        () => memory.getConversationHistory({ ...CHAT, read: value }),
        () => memory.demote(CHAT, value),
        () => memory.runMigration({ maxSessions: value }),
        () => memory.updateSession({ ...CHAT, retentionDays: value === null ? 0 : value }),
      )
    }
    for (const value of noTexts as never[]) wrong.push(() => memory.getEraseReceipt(value))
    const noTimes = [true, {}, [], null, 'today', -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 5n, Symbol('t')]
    for (const value of [...noTimes, new Date(Number.NaN), new Date(-1), 1_790_000_000] as never[]) {
      wrong.push(
        () => memory.addMemoryItem(message('x', { createdAt: value })),
        () => memory.addMemoryItem(message('x', { expiresAt: value })),
      )
    }
    for (const value of [new Date(Number.NaN), new Date(-1), 5, 'today', {}] as never[]) {
      wrong.push(() => memory.getConversationHistory({ ...CHAT, after: value }))
    }
    for (const [i, call] of wrong.entries()) {
      const error = await Promise.resolve()
        .then(call)
        .catch((reason: unknown) => reason)
      if (!isThermoclineError(error) || error.message.length > MAX_MESSAGE) {
        expect.unreachable(
          `${wrong[i]}: ${typeof error === 'object' ? JSON.stringify(error) : String(error)}: ${error}`,
        )
      }
    }
    expect(contents(await memory.getConversationHistory(CHAT))).toEqual(['one'])
    for (const id of ['', 'x', '../x', '\u0000', 'x'.repeat(100_000), '\ud800']) {
      expect(await memory.getEraseReceipt(id)).toBeUndefined()
    }
  })
})
