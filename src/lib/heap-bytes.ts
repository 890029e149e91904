// Of V8 on 64-bit machines, by measure: see test/campaigns/heap-bytes.test.ts.
const TEXT_HEADER_BYTES = 16
const OBJECT_BYTES = 56
const VALUE_BYTES = 8
const NUMBER_BYTES = 16

const OUTSIDE_LATIN_1 = /[^\u0000-\u00ff]/

/** What a text of its own takes in the heap: V8 has a byte for each character of Latin-1, and else two for all of them. */
export function textHeapBytes(text: string): number {
  return TEXT_HEADER_BYTES + (OUTSIDE_LATIN_1.test(text) ? 2 : 1) * text.length
}

/** The same of what JSON.parse makes. */
export function jsonHeapBytes(value: unknown): number {
  if (typeof value === 'string') return textHeapBytes(value)
  if (typeof value === 'number') return NUMBER_BYTES
  if (typeof value !== 'object' || value === null) return 0
  const values = Object.values(value)
  // Keys are kept once for all objects that have them.
  return values.reduce((sum: number, one) => sum + VALUE_BYTES + jsonHeapBytes(one), OBJECT_BYTES)
}
