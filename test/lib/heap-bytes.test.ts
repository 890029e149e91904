import { describe, expect, it } from 'vitest'
import { jsonHeapBytes, textHeapBytes } from '../../src/lib/heap-bytes.ts'

describe('the estimate of what a value takes in the heap', () => {
  it('has a byte for each character of Latin-1, and two for all where one lies outside', () => {
    const none = textHeapBytes('')
    expect(textHeapBytes('déjà') - none).toBe(4)
    expect(textHeapBytes('дежа') - none).toBe(8)
    expect(textHeapBytes('deja Я') - none).toBe(12)
  })

  it('has all texts of a value, however deep', () => {
    const text = 'x'.repeat(1000)
    expect(jsonHeapBytes({ a: [{ b: [text, { c: text }] }] })).toBeGreaterThan(2000)
    expect(jsonHeapBytes(undefined)).toBe(0)
    expect(jsonHeapBytes({ bytes: new Uint8Array(100_000) })).toBeGreaterThan(100_000)
  })

  it('comes to an end where a value has none', () => {
    const ring: Record<string, unknown> = { text: 'x' }
    for (const name of ['a', 'b', 'c']) ring[name] = [ring, ring]
    expect(jsonHeapBytes(ring)).toBeGreaterThan(0)
    let deep: unknown = 'x'
    for (let i = 0; i < 100_000; i++) deep = [deep]
    expect(jsonHeapBytes(deep)).toBeGreaterThan(0)
  })
})
