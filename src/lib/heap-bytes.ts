// Of V8 on 64-bit machines; test/campaigns/heap-bytes.test.ts compares what comes of them with what is held.
const TEXT_HEADER_BYTES = 16
const NUMBER_BYTES = 16
const OBJECT_BYTES = 32
const ARRAY_BYTES = 48
const VALUE_BYTES = 8

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of Latin-1 is meant
const OUTSIDE_LATIN_1 = /[^\u0000-\u00ff]/

/** What a text of its own takes in the heap: a byte for each character of Latin-1, and else two for all of them. */
export function textHeapBytes(text: string): number {
  return TEXT_HEADER_BYTES + (OUTSIDE_LATIN_1.test(text) ? 2 : 1) * text.length
}

/** The same of what JSON.parse makes. Keys are kept once for all objects that have them. */
export function jsonHeapBytes(value: unknown): number {
  if (typeof value === 'string') return textHeapBytes(value)
  if (typeof value === 'number') return NUMBER_BYTES
  if (typeof value !== 'object' || value === null) return 0
  let bytes = Array.isArray(value) ? ARRAY_BYTES : OBJECT_BYTES
  for (const one of Object.values(value)) bytes += VALUE_BYTES + jsonHeapBytes(one)
  return bytes
}
