import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkId,
  identifySession,
  isSessionKey,
  itemId,
  ownerTag,
  parseItemId,
  SHARD_COUNT,
  shardOf,
} from '../../src/memory/session.ts'
import { StampMaker } from '../../src/memory/stamp.ts'

const ids = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => {
  try {
    checkId('id', text)
    return true
  } catch {
    return false
  }
})

function keyOf(tenantId: string, userId: string, sessionId: string): string {
  return identifySession({ tenantId, userId, sessionId }).key
}

describe('a session key', () => {
  it('is 26 characters that are safe everywhere', () => {
    fc.assert(
      fc.property(ids, ids, ids, (...address) => {
        const key = keyOf(...address)
        expect(key).toMatch(/^[0-9a-v]{26}$/)
        expect(isSessionKey(key)).toBe(true)
        expect(keyOf(...address)).toBe(key)
      }),
    )
  })

  it('differs wherever the address does', () => {
    fc.assert(
      fc.property(fc.tuple(ids, ids, ids), fc.tuple(ids, ids, ids), (one, two) => {
        expect(keyOf(...one) === keyOf(...two)).toBe(JSON.stringify(one) === JSON.stringify(two))
      }),
    )
    const glued = [
      ['ab', 'c', 'd'],
      ['a', 'bc', 'd'],
      ['a', 'b', 'cd'],
      ['abc', 'd', 'd'],
      ['1:a', 'b', 'c'],
      ['1', ':ab', 'c'],
    ] as const
    expect(new Set(glued.map(([t, u, s]) => keyOf(t, u, s))).size).toBe(glued.length)
  })

  it('keeps normal forms and cases apart', () => {
    const alike = ['\u00e9', 'e\u0301', '\u212b', '\u00c5', 'A', 'a', 'ß', 'ss', 'ﬁ', 'fi']
    expect(new Set(alike.map((id) => keyOf(id, 'u', 's'))).size).toBe(alike.length)
    expect(new Set(alike.map((id) => keyOf('t', 'u', id))).size).toBe(alike.length)
  })

  it("begins with its owner's tag", () => {
    fc.assert(
      fc.property(ids, ids, ids, ids, (tenantId, userId, one, two) => {
        const tag = ownerTag({ tenantId, userId })
        expect(tag).toHaveLength(10)
        expect(keyOf(tenantId, userId, one).startsWith(tag)).toBe(true)
        expect(keyOf(tenantId, userId, two).startsWith(tag)).toBe(true)
      }),
    )
    expect(ownerTag({ tenantId: 'ab', userId: 'c' })).not.toBe(ownerTag({ tenantId: 'a', userId: 'bc' }))
  })

  it('is as it always was: it is stored', () => {
    expect(keyOf('acme', 'ada', 'chat 1')).toMatchInlineSnapshot(`"389lm93qstvcv6qq2qj5pu2gud"`)
    expect(identifySession({ userId: 'ada', sessionId: 'chat 1' }).key).toBe(keyOf('default', 'ada', 'chat 1'))
  })

  it("spreads one user's sessions over all shards evenly", () => {
    const counts = new Array<number>(SHARD_COUNT).fill(0)
    for (let i = 0; i < 6400; i++) counts[shardOf(identifySession({ userId: 'u', sessionId: `${i}` }).key)]! += 1
    expect(Math.min(...counts)).toBeGreaterThan(50)
    expect(Math.max(...counts)).toBeLessThan(160)
  })
})

describe('an id from outside', () => {
  it.each<[string, unknown]>([
    ['empty', ''],
    ['513 bytes', 'x'.repeat(513)],
    ['257 characters of two bytes', 'é'.repeat(257)],
    ['huge', 'x'.repeat(10_000_000)],
    ['with a nul', 'a\0b'],
    ['with a line feed', 'a\nb'],
    ['with a tab', '\t'],
    ['with an escape', '\u001b[31m'],
    ['with DEL', '\u007f'],
    ['with C1', '\u0085'],
    ['with a lone high surrogate', 'a\ud800'],
    ['with a lone low surrogate', '\udc00a'],
    ['undefined', undefined],
    ['null', null],
    ['a number', 7],
    ['an object', { toString: () => 'a' }],
    ['an array', ['a']],
    ['a String object', new String('a')],
  ])('%s is INVALID_ID', (_, id) => {
    const refused = expect.objectContaining({ code: 'INVALID_ID' })
    for (const address of [
      { userId: id, sessionId: 's' },
      { userId: 'u', sessionId: id },
      ...(id === undefined ? [] : [{ tenantId: id, userId: 'u', sessionId: 's' }]),
    ]) {
      expect(() => identifySession(address as never)).toThrow(refused)
    }
  })

  it.each([
    'x'.repeat(512),
    'é'.repeat(256),
    ' ',
    '.',
    '..',
    '/',
    '__proto__',
    'constructor',
    '😀',
    '\u2028',
    '\u202e',
  ])('of odd but harmless text is fine', (id) =>
    expect(identifySession({ tenantId: id, userId: id, sessionId: id }).sessionId).toBe(id),
  )

  it('never shows in the message of a refusal', () => {
    expect(() => checkId('userId', 'secret\0')).toThrow(/^(?!.*secret).*userId/)
  })
})

describe('an item id', () => {
  const key = identifySession({ userId: 'u', sessionId: 's' }).key
  const stamp = new StampMaker().next(1000)

  it('leads back to its parts', () => {
    expect(parseItemId(itemId(key, stamp))).toEqual({ key, stamp })
  })

  it.each<[string, unknown]>([
    ['empty', ''],
    ['only a key', key],
    ['without a stamp', `${key}.`],
    ['with another separator', `${key}:${stamp}`],
    ['too long', `${itemId(key, stamp)}0`],
    ['too short', itemId(key, stamp).slice(0, -1)],
    ['in capitals', itemId(key, stamp).toUpperCase()],
    ['with a line feed', `${itemId(key, stamp)}\n`],
    ['a number', 5],
    ['undefined', undefined],
    ['huge', '0'.repeat(1_000_000)],
  ])('that is %s is INVALID_ID', (_, id) => {
    expect(() => parseItemId(id)).toThrow(expect.objectContaining({ code: 'INVALID_ID' }))
  })
})
