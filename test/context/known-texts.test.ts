import { describe, expect, it } from 'vitest'
import { KnownTexts } from '../../src/context/known-texts.ts'

/** Of a text of ten characters. */
const ENTRY_BYTES = bytesOf('0123456789', 0)
const text = (n: number): string => `text ${n}`.padEnd(10)

function bytesOf(text: string, value: number): number {
  const known = new KnownTexts<number>({ maxBytes: 1000 })
  known.set(text, value)
  return known.bytes
}

describe('KnownTexts', () => {
  it('knows a text by what it says, not by which object it is', () => {
    const known = new KnownTexts<number>({ maxBytes: 1000 })
    known.set(['hello', 'world'].join(' '), 2)
    expect(known.get('hello world')).toBe(2)
    expect(known.get('hello')).toBeUndefined()
  })

  it('keeps a count of 0, and that of no text', () => {
    const known = new KnownTexts<number>({ maxBytes: 1000 })
    known.set('', 0)
    expect(known.get('')).toBe(0)
  })

  it('forgets what was not asked for while a whole generation filled up, and keeps what was', () => {
    const known = new KnownTexts<number>({ maxBytes: 20 * ENTRY_BYTES })
    for (let n = 0; n < 40; n += 1) {
      known.set(text(n), n)
      expect(known.get(text(0))).toBe(0)
    }
    expect(known.get(text(39))).toBe(39)
    expect(known.get(text(30))).toBe(30)
    for (let n = 1; n < 20; n += 1) expect(known.get(text(n))).toBeUndefined()
  })

  it('does not keep a text that is larger than all the room', () => {
    const known = new KnownTexts<number>({ maxBytes: 1000 })
    known.set('short', 1)
    known.set('a'.repeat(500), 125)
    expect(known.get('a'.repeat(500))).toBeUndefined()
    expect(known.get('short')).toBe(1)
  })

  it('keeps to a smaller bound, and to its own again', () => {
    const known = new KnownTexts<number>({ maxBytes: 40 * ENTRY_BYTES })
    for (let n = 0; n < 30; n += 1) known.set(text(n), n)
    expect(known.bytes).toBe(30 * ENTRY_BYTES)
    known.limit(10 * ENTRY_BYTES)
    expect(known.bytes).toBe(10 * ENTRY_BYTES)
    expect([text(19), text(20)].map((one) => known.get(one))).toEqual([undefined, 20])
    for (let n = 0; n < 100; n += 1) {
      known.set(text(n), n)
      expect(known.get(text(n))).toBe(n)
      expect(known.bytes).toBeLessThanOrEqual(10 * ENTRY_BYTES)
    }
    known.limit(Number.POSITIVE_INFINITY)
    expect(known.limitBytes).toBe(known.maxBytes)
    for (let n = 0; n < 40; n += 1) known.set(text(n), n)
    expect(known.bytes).toBeGreaterThan(20 * ENTRY_BYTES)
  })

  it('counts a text once, however often it is told or asked for, and its value too', () => {
    const known = new KnownTexts<string>({ maxBytes: 20 * ENTRY_BYTES, valueBytes: ({ length }) => length })
    for (let n = 0; n < 15; n += 1) {
      known.set(text(n), '')
      known.get(text(0))
    }
    known.set(text(0), 'abc')
    known.clear()
    for (const value of ['abc', 'abcdef']) known.set(text(0), value)
    expect(known.bytes).toBe(ENTRY_BYTES + 6)
    known.limit(0)
    expect(known.bytes).toBe(0)
    expect(known.get(text(0))).toBeUndefined()
  })
})
