import { describe, expect, it } from 'vitest'
import { KnownTexts } from '../../src/context/known-texts.ts'

describe('KnownTexts', () => {
  it('knows a text by what it says, not by which object it is', () => {
    const known = new KnownTexts<number>()
    known.set(['hello', 'world'].join(' '), 2)
    expect(known.get('hello world')).toBe(2)
    expect(known.get('hello')).toBeUndefined()
  })

  it('keeps a count of 0, and that of no text', () => {
    const known = new KnownTexts<number>()
    known.set('', 0)
    expect(known.get('')).toBe(0)
  })

  it('forgets what was not asked for while a whole generation filled up, and keeps what was', () => {
    // Ten texts of ten characters fill a generation.
    const known = new KnownTexts<number>(740)
    const text = (n: number): string => `text ${n}`.padEnd(10)
    for (let n = 0; n < 40; n += 1) {
      known.set(text(n), n)
      expect(known.get(text(0))).toBe(0)
    }
    expect(known.get(text(39))).toBe(39)
    expect(known.get(text(30))).toBe(30)
    for (let n = 1; n < 20; n += 1) expect(known.get(text(n))).toBeUndefined()
  })

  it('does not keep a text that is larger than all the room', () => {
    const known = new KnownTexts<number>(1000)
    known.set('short', 1)
    known.set('a'.repeat(1000), 125)
    expect(known.get('a'.repeat(1000))).toBeUndefined()
    expect(known.get('short')).toBe(1)
  })
})
