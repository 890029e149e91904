import type { BitReader } from './bit-reader.ts'
import type { BitWriter } from './bit-writer.ts'
import { readIntegers, writeIntegers } from './integer-column.ts'

/**
 * A column of whole numbers of either sign: one bit that says whether any is below 0, then, if so, a bit for each; then
 * their sizes as integers. Signs stand apart because a difference of two times doubled leaves what a number holds exactly.
 */
export function writeSigned(bits: BitWriter, values: readonly number[]): void {
  const anyNegative = values.some((value) => value < 0)
  bits.flag(anyNegative)
  if (anyNegative) for (const value of values) bits.flag(value < 0)
  writeIntegers(bits, values.map(Math.abs))
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readSigned(bits: BitReader, count: number): number[] {
  const negative = bits.flag() ? Array.from({ length: count }, () => bits.flag()) : undefined
  const values = readIntegers(bits, count)
  return negative ? values.map((value, i) => (negative[i] && value !== 0 ? -value : value)) : values
}
