import { describe, expect, it } from 'vitest'
import { FreeNames } from '../../src/lib/free-names.ts'

describe('FreeNames', () => {
  it('numbers what is taken from 2 on', () => {
    const names = new FreeNames()
    names.take('look-3')
    expect(['look', 'look', 'look', 'find', 'look'].map((name) => names.give(name))).toEqual([
      'look',
      'look-2',
      'look-4',
      'find',
      'look-5',
    ])
  })

  it('keeps within the longest name, and gives none twice', () => {
    const names = new FreeNames()
    const given = Array.from({ length: 20_000 }, (_, n) => names.give('abcdefghij'.repeat(1 + (n % 3)), 12))
    expect(new Set(given).size).toBe(given.length)
    expect(Math.max(...given.map(({ length }) => length))).toBe(12)
  })
})
