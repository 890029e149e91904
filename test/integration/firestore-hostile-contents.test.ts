import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { isThermoclineError } from '../../src/errors.ts'
import type { MemoryItem } from '../../src/memory/memory-item.ts'
import { startFirestoreForTests } from '../support/firestore.ts'
import { FirestoreLake } from '../support/firestore-lake.ts'
import { hostileValue, isSameJson } from '../support/hostile-values.ts'
import { addAll, CHAT, contents, DAY_MS, message } from '../support/items.ts'

const VALUES = 1000
const REFUSALS: readonly string[] = ['INVALID_ITEM', 'ITEM_TOO_LARGE']

/** Texts that databases, JSON, arrays of texts and our own marks have trouble with. */
const TEXTS: readonly string[] = [
  ...['', ' ', '^', '^abc', '\u0000', '\u0000\u0000', '\ud800', '\udfff\ud800', '\ufeff', '\uffff', '\u2028\u2029'],
  ...['\\u0000', '"', '\\', '\\\\"', '{}', '[]', 'null', '__proto__', '\u001b[2J', '\r\n', '\u{10ffff}'],
  ...['e\u0301', '\u00e9', '\u202e', 'a\u0000b', '=1+1', '-0', '1e400'],
  // Beside the record, not in it.
  ...['"\\'.repeat(30_000), '\ud800'.repeat(20_000), '\u0000'.repeat(20_000), '\u{1f600}'.repeat(30_000)],
]

let emulator: FirestoreEmulator
beforeAll(async () => {
  emulator = await startFirestoreForTests()
})
afterAll(() => emulator?.stop())

async function isDone(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call()
    return true
  } catch (error) {
    if (isThermoclineError(error) && REFUSALS.includes(error.code)) return false
    throw error
  }
}

function expectSame(items: readonly MemoryItem[], sent: readonly { content: string; metadata?: unknown }[]): void {
  expect(items).toHaveLength(sent.length)
  for (const [i, { content, metadata }] of items.entries()) {
    if (content !== sent[i]!.content) expect(JSON.stringify(content)).toBe(JSON.stringify(sent[i]!.content))
    if (!isSameJson(metadata, sent[i]!.metadata)) expect(metadata).toEqual(sent[i]!.metadata)
  }
}

describe('hostile contents', () => {
  it(`${VALUES} values come back exactly from tail, pages and archives, or are refused`, {
    timeout: 120_000,
  }, async () => {
    const lake = new FirestoreLake()
    const memory = lake.open()
    const builtIns = [Object.prototype, Array.prototype]
    const before = builtIns.map((prototype) => Reflect.ownKeys(prototype).length)
    const kept: { content: string; metadata: unknown }[] = []
    for (const [i, value] of fc.sample(hostileValue, { numRuns: VALUES, seed: 17 }).entries()) {
      const item = { content: `item ${i}`, metadata: i % 2 === 0 ? value : { value } }
      const done = await isDone(() => memory.addMemoryItem(message(item.content, item as never)))
      if (done) kept.push(item)
    }
    expect(kept.length).toBeGreaterThan(VALUES / 10)
    expect(kept.length).toBeLessThan(VALUES * 0.9)
    expectSame(await lake.read(), kept)
    await memory.demote(CHAT, 'warm')
    expectSame(await lake.read(), kept)
    lake.clock.advance(100 * DAY_MS)
    await memory.demote(CHAT)
    expectSame(await lake.read(), kept)
    expect(builtIns.map((prototype) => Reflect.ownKeys(prototype).length)).toEqual(before)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    await lake.expectWithinLimits()
  })

  it('texts come back exactly, added, changed, and said of a session', async () => {
    const lake = new FirestoreLake()
    const memory = lake.open()
    const ids = await addAll(memory, TEXTS)
    expectSame(
      await lake.read(),
      TEXTS.map((content) => ({ content })),
    )
    const turned = TEXTS.toReversed()
    for (const [i, id] of ids.entries()) await memory.updateMemoryItem(id, { content: turned[i]! })
    expect(contents(await lake.read())).toEqual(turned)
    for (const text of TEXTS.filter(({ length }) => length < 100)) {
      const metadata = { title: text, [`key ${text}`]: [text] }
      await memory.updateSession({ ...CHAT, metadata })
      const session = await lake.open().getSession(CHAT)
      expect(isSameJson(session?.metadata, metadata)).toBe(true)
    }
    lake.clock.advance(100 * DAY_MS)
    await memory.demote(CHAT)
    expect(contents(await lake.read())).toEqual(turned)
    await lake.expectWithinLimits()
  })
})
