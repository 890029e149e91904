import { expect, it } from 'vitest'
import { deepFreeze } from '../../src/lib/freeze.ts'

it('freezes all the way down', () => {
  const data = { a: [{ b: { c: 1 } }], d: null, e: 'text' }
  expect(deepFreeze(data)).toBe(data)
  for (const part of [data, data.a, data.a[0], data.a[0]!.b]) expect(Object.isFrozen(part)).toBe(true)
  expect([deepFreeze(5), deepFreeze(null), deepFreeze('a')]).toEqual([5, null, 'a'])
})
