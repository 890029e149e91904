import type { BitReader } from './bit-reader.ts'
import type { BitWriter } from './bit-writer.ts'
import { readHits, writeHits } from './hits.ts'
import { Expectation, readOther, writeOther } from './symbol-column.ts'

/**
 * Which of the values before each value repeats. Values are numbered as they first come up; the next free number stands
 * for a new one. Expected is what was last seen in the same context, or something new.
 */
class Repeats {
  readonly #expectation = new Expectation(() => this.size)
  size = 0

  expected(context: number): number {
    return this.#expectation.get(context)
  }

  learn(context: number, number: number): void {
    if (number === this.size) this.size += 1
    this.#expectation.learn(context, number)
  }
}

/** Writes which positions have the expected value, then the others' numbers. Returns the distinct values, not yet written. */
export function writeRepeats(bits: BitWriter, values: readonly string[], contexts: readonly number[]): string[] {
  const numbers = new Map<string, number>()
  const repeats = new Repeats()
  const steps = values.map((value, at) => {
    const number = numbers.get(value) ?? numbers.size
    numbers.set(value, number)
    const step = { number, expected: repeats.expected(contexts[at] ?? 0), size: repeats.size + 1 }
    repeats.learn(contexts[at] ?? 0, number)
    return step
  })
  writeHits(
    bits,
    steps.map(({ number, expected }) => number === expected),
  )
  for (const { number, expected, size } of steps) if (number !== expected) writeOther(bits, number, expected, size)
  return [...numbers.keys()]
}

/**
 * Number of the value at each position, and how many there are.
 * @throws ThermoclineError `SEGMENT_CORRUPT`
 */
export function readRepeats(bits: BitReader, contexts: readonly number[]): { numbers: number[]; size: number } {
  const hits = readHits(bits, contexts.length)
  const repeats = new Repeats()
  const numbers = contexts.map((context, at) => {
    const expected = repeats.expected(context)
    const number = hits[at] ? expected : readOther(bits, expected, repeats.size + 1)
    repeats.learn(context, number)
    return number
  })
  return { numbers, size: repeats.size }
}
