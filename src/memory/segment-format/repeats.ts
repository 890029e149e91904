import type { BitReader } from './bit-reader.ts'
import type { BitWriter } from './bit-writer.ts'
import { corrupt } from './segment-error.ts'
import { Expectation, symbolBits } from './symbol-column.ts'

/**
 * Which of the values before each value repeats: values are numbered as they first come up, and each position either has
 * what was last seen in its context (one bit), or its number, where the next free number means a new value. What is new
 * is returned, for the caller to write after it.
 */
export function writeRepeats(bits: BitWriter, values: readonly string[], contexts: readonly number[]): string[] {
  const numbers = new Map<string, number>()
  const expectation = new Expectation(() => numbers.size)
  values.forEach((value, at) => {
    const context = contexts[at] ?? 0
    const number = numbers.get(value) ?? numbers.size
    const expected = expectation.get(context) === number
    bits.flag(expected)
    if (!expected) bits.write(number, symbolBits(numbers.size + 1))
    if (number === numbers.size) numbers.set(value, number)
    expectation.learn(context, number)
  })
  return [...numbers.keys()]
}

/**
 * Number of the value at each position, and how many there are.
 * @throws ThermoclineError `SEGMENT_CORRUPT`
 */
export function readRepeats(bits: BitReader, contexts: readonly number[]): { numbers: number[]; size: number } {
  let size = 0
  const expectation = new Expectation(() => size)
  const numbers = contexts.map((context) => {
    const number = bits.flag() ? expectation.get(context) : bits.read(symbolBits(size + 1))
    if (number > size) throw corrupt('a repeated value comes before its first')
    if (number === size) size += 1
    expectation.learn(context, number)
    return number
  })
  return { numbers, size }
}
