import { describe, expect, it } from 'vitest'
import { Coverage, parseCoverage } from '../../../src/context/summaries/coverage.ts'
import { marksOf } from '../../../src/context/summaries/item-marks.ts'
import { message, messages } from '../telling-summarizer.ts'

const ALL = await marksOf(messages(1, 2000), undefined)
const EARLIER = await marksOf(messages(3001, 3004), undefined)
const [OTHER = ''] = await marksOf([message(9999)], undefined)

function covers(count: number): Coverage {
  return Coverage.NONE.extended(ALL.slice(0, count))
}

function without(history: readonly string[], n: number): string[] {
  return history.filter((mark) => mark !== ALL[n - 1])
}

function edited(history: readonly string[], n: number): string[] {
  const mark = ALL[n - 1] as string
  return history.map((one) => (one === mark ? `${mark.slice(0, 5)}edit` : one))
}

describe.each([1, 5, 100, 512, 513, 768, 769, 1700])('a coverage of %i items', (count) => {
  const coverage = covers(count)
  const places = Array.from({ length: count }, (_, i) => i)

  it('is the same however it came about, and when it is read again', () => {
    let grown = Coverage.NONE
    for (let at = 0; at < count; at += 7) grown = grown.extended(ALL.slice(at, Math.min(count, at + 7)))
    expect(grown.stored).toEqual(coverage.stored)
    expect(parseCoverage(JSON.parse(JSON.stringify(coverage.stored)))?.stored).toEqual(coverage.stored)
    expect(grown.count).toBe(count)
  })

  it('finds all that it covers at the beginning of a history', () => {
    expect(coverage.begins(ALL)).toBe(true)
    expect(coverage.begins(ALL.slice(0, count))).toBe(true)
    expect(coverage.check(ALL)).toEqual({ places, before: 0, between: 0, unproven: 0 })
  })

  it.each([1, Math.ceil(count / 2), count])('does not begin a history without item %i, or with it edited', (n) => {
    expect(coverage.begins(without(ALL, n))).toBe(false)
    expect(coverage.begins(edited(ALL, n))).toBe(false)
    expect(coverage.begins([...ALL.slice(0, n - 1), OTHER, ...ALL.slice(n - 1)])).toBe(false)
    expect(coverage.check(edited(ALL, n))).toBeUndefined()
    const check = coverage.check(without(ALL, n))
    const missing = check === undefined ? 1 : check.before + check.between
    expect(missing).toBe(1)
  })

  it('is found in a history that begins earlier', () => {
    const earlier = [...EARLIER, ...ALL]
    expect(coverage.endWithin(earlier)).toBeGreaterThan(0)
    expect(coverage.endWithin(without(earlier, Math.ceil(count / 2)))).toBe(-1)
    expect(coverage.endWithin(edited(earlier, 1))).toBe(-1)
    expect(coverage.endWithin(ALL.slice(1))).toBe(-1)
  })

  it('does not begin a history of the same items in another order', () => {
    const swapped = [...ALL]
    swapped.splice(count - 1, 2, ALL[count] as string, ALL[count - 1] as string)
    expect(coverage.begins(swapped)).toBe(false)
  })

  it('knows that a history begins later', () => {
    const check = coverage.check(ALL.slice(count - 1))
    expect(check).toEqual({ places: [0], before: count - 1, between: 0, unproven: 0 })
    expect(coverage.check(ALL.slice(count))).toEqual({ places: [], before: count, between: 0, unproven: 0 })
  })

  it('knows its items in a view that has some of them', () => {
    const from = Math.max(0, count - 200)
    const kept = [from, from + 90, from + 150].filter((place) => place < count)
    const view = [...kept.map((place) => ALL[place] as string), ...ALL.slice(count, count + 5)]
    const check = coverage.check(view)
    expect(check?.places).toEqual(kept.map((_, i) => i))
    expect((check?.before ?? 0) + (check?.between ?? 0)).toBe(count - kept.length)
  })
})

describe('a coverage', () => {
  it('takes what stands before the items it can tell for some of the many that it cannot', () => {
    const view = [ALL[3], ALL[70], ALL[1690], ...ALL.slice(1700, 1705)] as string[]
    expect(covers(1700).check(view)).toEqual({ places: [0, 1, 2], before: 1688, between: 9, unproven: 2 })
  })

  it('does not say that it covers what came in between', () => {
    const late = [...ALL.slice(0, 3), OTHER, ...ALL.slice(3, 20)]
    expect(covers(10).check(late)).toEqual({
      places: [0, 1, 2, 4, 5, 6, 7, 8, 9, 10],
      before: 0,
      between: 0,
      unproven: 0,
    })
  })

  it('stays small however many items it covers', () => {
    expect(JSON.stringify(covers(2000).stored).length).toBeLessThan(5000)
  })

  it.each([undefined, null, 5, {}, { marks: 'abc', folded: 0, digest: '' }, { marks: '', folded: -1, digest: '' }])(
    'is not read from %j',
    (value) => {
      expect(parseCoverage(value)).toBeUndefined()
    },
  )
})

describe('the mark of an item', () => {
  it('tells who it is and what it says, and nothing of how it lies in a store', async () => {
    const one = message(1)
    const others = [
      { ...one, tier: 'cold' as const, accessCount: 9, cached: true },
      message(1, { id: 'id-2' }),
      message(1, { content: 'changed' }),
      message(1, { contentType: 'note' }),
    ]
    const [mark, ...marks] = await marksOf([one, ...others], undefined)
    expect(marks.map((other) => other === mark)).toEqual([true, false, false, false])
    expect(marks.map((other) => other.slice(0, 5) === mark?.slice(0, 5))).toEqual([true, false, true, true])
  })
})
