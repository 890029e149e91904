import type { BitReader } from './bit-reader.ts'
import type { BitWriter } from './bit-writer.ts'
import { MAX_ITEMS } from './limits.ts'

const CHAR_BITS = 5
const CHARS = 13

/** The makers of all stamps once, in the order in which they first come up: how many, then five bits a character. */
export function writeMakers(bits: BitWriter, makers: Iterable<string>): Map<string, number> {
  const numbers = new Map<string, number>()
  for (const maker of makers) if (!numbers.has(maker)) numbers.set(maker, numbers.size)
  bits.count(numbers.size)
  for (const maker of numbers.keys()) for (const char of maker) bits.write(Number.parseInt(char, 32), CHAR_BITS)
  return numbers
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readMakers(bits: BitReader): string[] {
  const makers: string[] = []
  for (let left = bits.count(2 * MAX_ITEMS); left > 0; left--) {
    let maker = ''
    for (let i = 0; i < CHARS; i++) maker += bits.read(CHAR_BITS).toString(32)
    makers.push(maker)
  }
  return makers
}
