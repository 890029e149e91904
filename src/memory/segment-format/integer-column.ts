import type { BitReader } from './bit-reader.ts'
import { type BitWriter, bitLength } from './bit-writer.ts'
import { corrupt } from './segment-error.ts'

const LENGTH_BITS = 6
const MAX_BITS = 53
/** Instead of a k: there is nothing beyond the smallest number. */
const ALL_EQUAL = 63
/** Ones in a row after which a value follows in full, so that one outlier stays cheap and no row of ones is long. */
const MAX_QUOTIENT = 20

/**
 * A column of whole numbers from 0 to 2^53 - 1. One bit says that all are 0. Else: six bits of length and as many of the
 * smallest number; six bits of k (63: all are equal, and that is all); and each number less the smallest as a Rice code: its part above 2^k in ones closed
 * by a zero, its lowest k bits as they are. 20 ones are followed by the number in 53 bits.
 */
export function writeIntegers(bits: BitWriter, values: readonly number[]): void {
  if (!values.every((value) => value >= 0 && Number.isSafeInteger(value))) {
    throw new TypeError('Cannot encode segment: expected times and counts as whole numbers')
  }
  const allZero = values.every((value) => value === 0)
  bits.flag(allZero)
  if (allZero) return
  const smallest = values.reduce((a, b) => Math.min(a, b))
  const { base, k } = cheapest(values, smallest)
  bits.write(bitLength(base), LENGTH_BITS)
  bits.write(base, bitLength(base))
  bits.write(k, LENGTH_BITS)
  if (k === ALL_EQUAL) return
  for (const value of values) writeRice(bits, value - base, k)
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readIntegers(bits: BitReader, count: number): number[] {
  const values: number[] = new Array(count).fill(0)
  if (bits.flag()) return values
  const base = bits.read(bits.read(LENGTH_BITS))
  const k = bits.read(LENGTH_BITS)
  if (k === ALL_EQUAL) return values.fill(base)
  for (let i = 0; i < count; i++) {
    const value = base + readRice(bits, k)
    if (value > Number.MAX_SAFE_INTEGER) throw corrupt('a number is too large')
    values[i] = value
  }
  return values
}

function writeRice(bits: BitWriter, value: number, k: number): void {
  const quotient = Math.floor(value / 2 ** k)
  if (quotient >= MAX_QUOTIENT) {
    bits.write(2 ** MAX_QUOTIENT - 1, MAX_QUOTIENT)
    bits.write(value, MAX_BITS)
    return
  }
  bits.write(2 ** (quotient + 1) - 2, quotient + 1)
  bits.write(value, k)
}

function readRice(bits: BitReader, k: number): number {
  let quotient = 0
  while (quotient < MAX_QUOTIENT && bits.flag()) quotient += 1
  return quotient === MAX_QUOTIENT ? bits.read(MAX_BITS) : quotient * 2 ** k + bits.read(k)
}

/** The smallest number is worth its own bits only in a column long enough; k by trying, around the mean's length. */
function cheapest(values: readonly number[], smallest: number): { base: number; k: number } {
  if (values.every((value) => value === smallest)) return { base: smallest, k: ALL_EQUAL }
  let best = { base: 0, k: 0, cost: Number.POSITIVE_INFINITY }
  for (const base of smallest === 0 ? [0] : [0, smallest]) {
    const mean = values.reduce((sum, value) => sum + (value - base), 0) / values.length
    const middle = bitLength(Math.floor(mean))
    for (let k = Math.max(0, middle - 3); k <= Math.min(MAX_BITS, middle + 1); k++) {
      const cost = values.reduce((sum, value) => sum + riceBits(value - base, k), bitLength(base))
      if (cost < best.cost) best = { base, k, cost }
    }
  }
  return best
}

function riceBits(value: number, k: number): number {
  const quotient = Math.floor(value / 2 ** k)
  return quotient >= MAX_QUOTIENT ? MAX_QUOTIENT + MAX_BITS : quotient + 1 + k
}
