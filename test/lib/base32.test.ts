import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base32 } from '../../src/lib/base32.ts'

const bytes = fc.uint8Array({ maxLength: 40 })

describe('base32', () => {
  it.each([
    ['', ''],
    ['f', 'co'],
    ['fo', 'cpng'],
    ['foo', 'cpnmu'],
    ['foob', 'cpnmuog'],
    ['fooba', 'cpnmuoj1'],
    ['foobar', 'cpnmuoj1e8'],
  ])('of %j is that of RFC 4648 in lower case, without padding', (text, expected) => {
    expect(base32(Buffer.from(text))).toBe(expected)
  })

  it('keeps every bit', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        const bits = [...base32(input)].map((char) => Number.parseInt(char, 32).toString(2).padStart(5, '0')).join('')
        const expected = [...input].map((byte) => byte.toString(2).padStart(8, '0')).join('')
        expect(bits.slice(0, expected.length)).toBe(expected)
        expect(bits.slice(expected.length)).toMatch(/^0{0,4}$/)
      }),
    )
  })

  it('is ordered as text like the bytes', () => {
    fc.assert(
      fc.property(fc.tuple(bytes, bytes), ([a, b]) => {
        const length = Math.min(a.length, b.length)
        const [one, two] = [a.subarray(0, length), b.subarray(0, length)]
        expect(Math.sign(Buffer.compare(one, two))).toBe(
          base32(one) < base32(two) ? -1 : base32(one) > base32(two) ? 1 : 0,
        )
      }),
    )
  })
})
