import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/cli/command.ts'
import { anyNumber, idOrTime, jsonObject, oneOf, timeOf, wholeNumber } from '../../src/cli/flags.ts'

describe('values of flags', () => {
  it('are read', () => {
    expect(wholeNumber('--limit', '12', 1)).toBe(12)
    expect(anyNumber('--importance', '0.5')).toBe(0.5)
    expect(oneOf('--from', 'newest', ['newest', 'oldest'])).toBe('newest')
    expect(jsonObject('--metadata', '{"a":[1]}')).toEqual({ a: [1] })
    expect(timeOf('1735894800000')).toBe(1_735_894_800_000)
    expect(timeOf('2025-01-03T09:00:00Z')).toBe('2025-01-03T09:00:00Z')
  })

  it.each<[string, () => unknown, string]>([
    ['0', () => wholeNumber('--limit', '0', 1), '--limit: expected a whole number from 1: received "0"'],
    ['1e3', () => wholeNumber('--limit', '1e3', 1), 'received "1e3"'],
    ['much', () => anyNumber('--importance', 'much'), '--importance: expected a number: received "much"'],
    ['nothing', () => anyNumber('--importance', ''), 'received ""'],
    ['a word', () => oneOf('--from', 'new', ['newest', 'oldest']), '--from: expected newest or oldest: received "new"'],
    ['half JSON', () => jsonObject('--metadata', '{a'), '--metadata: expected JSON: received {a'],
    ['an array', () => jsonObject('--metadata', '[]'), 'expected a JSON object'],
  ])('are refused: %s', (_, read, message) => {
    expect(read).toThrow(UsageError)
    expect(read).toThrow(message)
  })

  it('tell an id from a time', () => {
    expect(idOrTime('2025-01-03')).toEqual(new Date('2025-01-03'))
    expect(idOrTime('1735894800000')).toEqual(new Date(1_735_894_800_000))
    const id = 'gcar8g3am6vc0fjkcedss2nifm.01k7v12qs600005p0pmg6b6jnkg'
    expect(idOrTime(id)).toBe(id)
  })
})
