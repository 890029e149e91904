import { afterEach, describe, expect, it } from 'vitest'
import { UNITS_PER_TURN } from '../../../src/context/event-loop-share.ts'
import { ContextPruner, estimatingTokenCounter, openAITokenCounter } from '../../../src/context/index.ts'
import { loadRankTable } from '../../../src/context/token-counters/load-rank-table.ts'
import { PRE_TOKEN_ENDS } from '../../../src/context/token-counters/pre-tokens.ts'
import { TextCount } from '../../../src/context/token-counters/text-count.ts'
import { item } from '../items.ts'

// Numbers without a pattern, the same in each run.
let seed = 1
const random = (below: number): number => {
  seed = (seed * 48271) % 2147483647
  return seed % below
}

// What tiktoken 1.0.22 says of each, some after many seconds.
const WORST = [
  ['letters', 'a'.repeat(100_000), 12_500],
  ['blanks', ' '.repeat(100_000), 782],
  ['line ends', '\n'.repeat(100_000), 6250],
  ['equals signs', '='.repeat(100_000), 1562],
  ['ideographs', '中'.repeat(100_000), 100_000],
  ['joined emoji', '👩‍👩‍👧‍👦'.repeat(12_500), 137_500],
] as const
const UNBROKEN = Array.from({ length: 100_000 }, () => String.fromCharCode(97 + random(26))).join('')
const BASE64 = Buffer.from(Array.from({ length: 786_432 }, () => random(256))).toString('base64')

let counting = false
/** Turns of the event loop while the promise is open. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0
  counting = true
  const tick = (): void => {
    if (!counting) return
    turns += 1
    setImmediate(tick)
  }
  setImmediate(tick)
  await work
  counting = false
  return turns
}
afterEach(() => {
  counting = false
})

describe('long texts', () => {
  it.each(WORST)('are counted exactly: %s', async (_, text, tokens) => {
    expect(await openAITokenCounter().count(text)).toBe(tokens)
  })

  it.each([
    ...WORST.map(([name, text]) => ({ name, text })),
    { name: 'letters without a pattern', text: UNBROKEN },
    { name: 'a megabyte of base64', text: BASE64 },
  ])('cost work in proportion to their length: $name', async ({ text }) => {
    const table = await loadRankTable('o200k_base')
    const count = new TextCount(text, table, PRE_TOKEN_ENDS.o200k_base)
    while (!count.advance(100_000)) expect(count.work).toBeLessThan(1e8)
    // Read a byte, take a pair from the heap, and again for each merge: a few units for each byte.
    expect(count.work).toBeLessThan(8 * Buffer.byteLength(text))
  })

  it('are counted the same in slices of any size', async () => {
    const table = await loadRankTable('o200k_base')
    const text = `${UNBROKEN.slice(0, 3000)} and ${' '.repeat(500)}中文 ${'ab'.repeat(300)}`
    const expected = await openAITokenCounter().count(text)
    for (const units of [1, 7, 1000, Number.POSITIVE_INFINITY]) {
      const count = new TextCount(text, table, PRE_TOKEN_ENDS.o200k_base)
      while (!count.advance(units));
      expect(count.tokens).toBe(expected)
    }
  })

  it.each(['o200k_base', 'cl100k_base'] as const)(
    'of one word are cut where it is longer than can be looked at in one go: %s',
    async (encoding) => {
      const table = await loadRankTable(encoding)
      const countWithin = (text: string, maxPieceChars?: number): number => {
        const count = new TextCount(text, table, PRE_TOKEN_ENDS[encoding], maxPieceChars)
        while (!count.advance(1000));
        return count.tokens
      }
      for (const unit of [
        'a',
        'aB',
        ' ',
        '\n',
        ' \n',
        '=',
        '=\n',
        "'",
        "a's",
        '中',
        '👩‍👩‍👧‍👦',
        '𝒜',
        '1',
        '\u0301',
        '/',
      ]) {
        const text = unit.repeat(3000)
        const cuts = text.length / 500
        expect(Math.abs(countWithin(text, 500) - countWithin(text))).toBeLessThanOrEqual(2 * cuts)
      }
      const words = 'Nothing of this is longer than a few letters. '.repeat(200)
      expect(countWithin(words, 500)).toBe(countWithin(words))
    },
  )

  it('let the process go on while they are counted', async () => {
    const counter = openAITokenCounter()
    await counter.count('')
    const turns = await turnsDuring(Promise.resolve(counter.count(UNBROKEN)))
    // At least two units of work for each letter.
    expect(turns).toBeGreaterThanOrEqual(Math.floor((2 * UNBROKEN.length) / UNITS_PER_TURN) - 1)
  })

  it('share the turns when many are counted at once', async () => {
    const counter = openAITokenCounter()
    await counter.count('')
    const text = UNBROKEN.slice(0, 20_000)
    const together = Array.from({ length: 20 }, () => counter.count(text))
    const turns = await turnsDuring(Promise.all(together))
    expect(turns).toBeGreaterThanOrEqual(Math.floor((20 * 2 * text.length) / UNITS_PER_TURN) - 1)
  })

  it('let the process go on when they are many short items, also with a counter of others', async () => {
    const history = Array.from({ length: 2000 }, (_, n) => item(`${n} `.repeat(60)))
    const tokenCounter = { name: 'other', exact: true, count: (text: string) => text.length }
    const turns = await turnsDuring(new ContextPruner({ tokenCounter }).pruneByTokenBudget(history))
    expect(turns).toBeGreaterThanOrEqual(3)
  })

  it('and the estimate of them too', async () => {
    const turns = await turnsDuring(Promise.resolve(estimatingTokenCounter().count('word '.repeat(1_000_000))))
    expect(turns).toBeGreaterThanOrEqual(4)
  })
})
