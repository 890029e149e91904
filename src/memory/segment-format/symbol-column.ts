import type { BitReader } from './bit-reader.ts'
import { type BitWriter, bitLength } from './bit-writer.ts'
import { corrupt } from './segment-error.ts'

/**
 * What a symbol is expected to be: the one that last followed in the same context. `seed` says what to expect of a
 * context not met yet. A context is a small number: the symbol before, or the kind of item it belongs to.
 */
export class Expectation {
  readonly #last = new Map<number, number>()
  readonly #seed: (context: number) => number

  constructor(seed: (context: number) => number = () => 0) {
    this.#seed = seed
  }

  get(context: number): number {
    return this.#last.get(context) ?? this.#seed(context)
  }

  learn(context: number, symbol: number): void {
    this.#last.set(context, symbol)
  }
}

/** Bits that one of `size` symbols takes. */
export function symbolBits(size: number): number {
  return bitLength(Math.max(size - 1, 0))
}

/**
 * A column of symbols below `size`. One bit says that each is the expected one; else each has a bit for that, and where
 * it is not, its number. `contextOf` is asked with the position and the symbol before (`size` in front of the first).
 */
export function writeSymbols(
  bits: BitWriter,
  symbols: readonly number[],
  size: number,
  contextOf: (at: number, before: number) => number,
  seed?: (context: number) => number,
): void {
  const expectation = new Expectation(seed)
  const hits: boolean[] = []
  symbols.forEach((symbol, at) => {
    const context = contextOf(at, symbols[at - 1] ?? size)
    hits.push(expectation.get(context) === symbol)
    expectation.learn(context, symbol)
  })
  const allExpected = !hits.includes(false)
  bits.flag(allExpected)
  if (allExpected) return
  symbols.forEach((symbol, at) => {
    bits.flag(hits[at] === true)
    if (!hits[at]) bits.write(symbol, symbolBits(size))
  })
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readSymbols(
  bits: BitReader,
  count: number,
  size: number,
  contextOf: (at: number, before: number) => number,
  seed?: (context: number) => number,
): number[] {
  const expectation = new Expectation(seed)
  const allExpected = bits.flag()
  const width = symbolBits(size)
  const symbols: number[] = []
  for (let at = 0; at < count; at++) {
    const context = contextOf(at, symbols[at - 1] ?? size)
    const symbol = allExpected || bits.flag() ? expectation.get(context) : bits.read(width)
    if (symbol >= size) throw corrupt('a symbol is outside its table')
    expectation.learn(context, symbol)
    symbols.push(symbol)
  }
  return symbols
}
