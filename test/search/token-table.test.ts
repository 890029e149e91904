import { expect, it } from 'vitest'
import { TokenTable } from '../../src/search/token-table.ts'

it('finds tokens inside a text, also after it has grown', () => {
  const table = new TokenTable<number>()
  const hashOf = (i: number): number => Math.imul(i, 0x9e3779b1)
  for (let i = 0; i < 5000; i++) table.set(`word${i}`, hashOf(i), i)
  let found = 0
  for (let i = 0; i < 5000; i++) {
    const word = `word${i}`
    const value = table.find(`<<${word}>>`, 2, 2 + word.length, hashOf(i))
    if (value === undefined) continue
    expect(value).toBe(i)
    found += 1
  }
  // A few find no place.
  expect(found).toBeGreaterThan(4900)
})

it('tells tokens of one hash apart, and gives up on too many of them', () => {
  const table = new TokenTable<string>()
  const names = Array.from({ length: 100 }, (_, i) => `t${i}`)
  for (const name of names) table.set(name, -5, name)
  const found = names.map((name) => table.find(name, 0, name.length, -5))
  expect(found[0]).toBe('t0')
  expect(found[7]).toBe('t7')
  expect(found.slice(8).every((value) => value === undefined)).toBe(true)
  expect(table.find('t', 0, 1, -5)).toBeUndefined()
  expect(table.find('t0', 0, 2, 4)).toBeUndefined()
})
