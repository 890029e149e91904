import { describe, expect, it } from 'vitest'
import type { SessionKey } from '../../src/memory/session.ts'
import { firstStampAt, type Stamp } from '../../src/memory/stamp.ts'
import { Ranking } from '../../src/search/ranking.ts'
import { queryTerms } from '../../src/search/term-reader.ts'
import type { UnitIndex } from '../../src/search/unit-index.ts'
import { UnitIndexBuilder } from '../../src/search/unit-index-builder.ts'

const KEY = 'session'.padEnd(26, '0') as SessionKey

/** An index of these contents, at the first stamps of 1, 2, 3… milliseconds from `from` on. */
function indexOf(contents: readonly string[], from = 1): UnitIndex {
  const builder = new UnitIndexBuilder()
  for (const [i, content] of contents.entries()) builder.add(firstStampAt(from + i), { content })
  return builder.build()
}

/** Milliseconds of the stamps found, the best first. */
async function ranked(query: string, units: readonly UnitIndex[], limit = 10): Promise<number[]> {
  const ranking = new Ranking(queryTerms(query))
  for (const unit of units) ranking.add(KEY, unit, undefined)
  return (await ranking.best(limit)).map(({ stamp }) => Number.parseInt(stamp.slice(0, 10), 32))
}

describe('a ranking', () => {
  it('prefers what has more of the words', async () => {
    expect((await ranked('red car', [indexOf(['red bike', 'red car', 'blue car'])]))[0]).toBe(2)
  })

  it('prefers rare words to common ones', async () => {
    expect((await ranked('trip to Kyoto', [indexOf(['a trip', 'another trip', 'that trip', 'in Kyoto'])]))[0]).toBe(4)
  })

  it('prefers the shorter of two that say the same', async () => {
    const long = `cats ${'and many other animals of the farm '.repeat(10)}`
    expect(await ranked('cats', [indexOf(['cats sleep', long])])).toEqual([1, 2])
    expect(await ranked('cats', [indexOf([long, 'cats sleep'])])).toEqual([2, 1])
  })

  it('prefers what says it more often', async () => {
    expect(await ranked('tea', [indexOf(['tea and milk and bread', 'tea and tea and bread'])])).toEqual([2, 1])
  })

  it('gives the newest of equals first', async () => {
    expect(await ranked('tea', [indexOf(['tea', 'tea', 'milk', 'tea'])])).toEqual([4, 2, 1])
    expect(await ranked('tea', [indexOf(['tea', 'tea', 'milk', 'tea'])], 2)).toEqual([4, 2])
  })

  it('is the same however the items are spread over units', async () => {
    const contents = ['red car', 'red red bike', 'a car', 'blue', 'car car car and a bike']
    const whole = await ranked('red car bike', [indexOf(contents)])
    const spread = contents.map((content, i) => indexOf([content], i + 1))
    expect(await ranked('red car bike', spread)).toEqual(whole)
  })

  it('has nothing for words that nobody said', async () => {
    expect(await ranked('zebra', [indexOf(['tea', 'milk'])])).toEqual([])
    expect(await ranked('zebra', [indexOf([])])).toEqual([])
  })

  it('counts hidden items in nothing', async () => {
    const index = indexOf(['tea', 'tea and cake', 'cake', 'milk'])
    const ranking = new Ranking(['tea', 'cake'])
    ranking.add(KEY, index, new Set([0]))
    const without = new Ranking(['tea', 'cake'])
    without.add(KEY, indexOf(['tea and cake', 'cake', 'milk'], 2), undefined)
    expect(await ranking.best(10)).toEqual(await without.best(10))
    expect(ranking.items).toBe(3)
  })
})

describe('an index', () => {
  it('knows its own and what is gone from it', () => {
    const gone = firstStampAt(5)
    const builder = new UnitIndexBuilder()
    builder.add(firstStampAt(1), { content: 'tea' })
    const index = builder.build([gone])
    expect(index.knows(firstStampAt(1))).toBe(true)
    expect(index.knows(gone)).toBe(true)
    expect(index.positionOf(gone)).toBe(-1)
    expect(index.knows(firstStampAt(2))).toBe(false)
  })

  it('hides what is erased, changed or expired', () => {
    const builder = new UnitIndexBuilder()
    for (let ms = 1; ms <= 6; ms++) {
      builder.add(firstStampAt(ms), { content: 'tea', ...(ms === 4 && { expiresAt: 100 }) })
    }
    const index = builder.build()
    const overlay = new Map<Stamp, { kind: 'deleted' }>([
      [firstStampAt(5), { kind: 'deleted' }],
      [firstStampAt(9), { kind: 'deleted' }],
    ])
    expect(index.hidden(0, new Map(), 99)).toBeUndefined()
    expect([...index.hidden(2, overlay, 99)!]).toEqual([0, 1, 4])
    expect([...index.hidden(0, new Map(), 100)!]).toEqual([3])
  })

  it('counts a word once however often it comes, past 255', async () => {
    const index = indexOf(['tea '.repeat(1000), 'tea'])
    expect(index.postingsOf('tea')).toHaveLength(2)
    expect(await ranked('tea', [index])).toEqual([1, 2])
  })

  it('finds each of its terms, and no other', () => {
    const words = Array.from({ length: 500 }, (_, i) => `w${i}x`)
    const index = indexOf(words)
    for (const word of words) expect(index.postingsOf(word)).toHaveLength(1)
    for (const word of ['w', 'w500x', 'w1', '', 'zzz', 'w1x\n']) expect(index.postingsOf(word)).toHaveLength(0)
  })
})
