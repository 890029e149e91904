// Of V8 on 64-bit machines; test/campaigns/heap-bytes.test.ts compares what comes of them with what is held.
const TEXT_HEADER_BYTES = 16
const NUMBER_BYTES = 16
const OBJECT_BYTES = 32
const ARRAY_BYTES = 48
const VALUE_BYTES = 8
const MAX_VALUES = 4096

const OUTSIDE_LATIN_1 = /[\u0100-\uffff]/

/** What a text of its own takes in the heap: a byte for each character of Latin-1, and else two for all of them. */
export function textHeapBytes(text: string): number {
  return TEXT_HEADER_BYTES + (OUTSIDE_LATIN_1.test(text) ? 2 : 1) * text.length
}

/**
 * The same of what JSON.parse makes. Keys are kept once for all objects that have them. Of what a caller made there may be
 * no end, so it stops after some thousand values.
 */
export function jsonHeapBytes(value: unknown): number {
  let bytes = 0
  const pending = [value]
  for (let counted = 0; pending.length > 0 && counted < MAX_VALUES; counted++) {
    const one = pending.pop()
    if (typeof one === 'string') bytes += textHeapBytes(one)
    else if (typeof one === 'number') bytes += NUMBER_BYTES
    else if (ArrayBuffer.isView(one)) bytes += OBJECT_BYTES + one.byteLength
    else if (typeof one === 'object' && one !== null) {
      const values: readonly unknown[] = Object.values(one)
      bytes += (Array.isArray(one) ? ARRAY_BYTES : OBJECT_BYTES) + VALUE_BYTES * values.length
      for (let i = 0; i < Math.min(values.length, MAX_VALUES); i++) pending.push(values[i])
    }
  }
  return bytes
}
