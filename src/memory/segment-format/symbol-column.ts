import type { BitReader } from './bit-reader.ts'
import { type BitWriter, bitLength } from './bit-writer.ts'
import { readHits, writeHits } from './hits.ts'
import { corrupt } from './segment-error.ts'

/**
 * What a symbol is expected to be: the one that last followed in the same context. `seed` says what to expect of a
 * context not met yet. A context is a small number: the symbol before, or the type of the item it belongs to.
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

/** Writes one of `size` symbols that is not the expected one, which is left out of the numbering. */
export function writeOther(bits: BitWriter, symbol: number, expected: number, size: number): void {
  bits.write(symbol > expected ? symbol - 1 : symbol, bitLength(Math.max(size - 2, 0)))
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readOther(bits: BitReader, expected: number, size: number): number {
  const number = bits.read(bitLength(Math.max(size - 2, 0)))
  const symbol = number >= expected ? number + 1 : number
  if (symbol >= size) throw corrupt('a symbol is outside its table')
  return symbol
}

/** Where the context of a symbol comes from: its position, and the symbol before it (`size` in front of the first). */
export type ContextOf = (at: number, before: number) => number

/** A column of symbols below `size`: which are the expected ones, then the others' numbers. */
export function writeSymbols(
  bits: BitWriter,
  symbols: readonly number[],
  size: number,
  contextOf: ContextOf,
  seed?: (context: number) => number,
): void {
  const expectation = new Expectation(seed)
  const expected = symbols.map((symbol, at) => {
    const context = contextOf(at, symbols[at - 1] ?? size)
    const before = expectation.get(context)
    expectation.learn(context, symbol)
    return before
  })
  writeHits(
    bits,
    symbols.map((symbol, at) => symbol === expected[at]),
  )
  symbols.forEach((symbol, at) => {
    if (symbol !== expected[at]) writeOther(bits, symbol, expected[at] as number, size)
  })
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readSymbols(
  bits: BitReader,
  count: number,
  size: number,
  contextOf: ContextOf,
  seed?: (context: number) => number,
): number[] {
  const hits = readHits(bits, count)
  // Most columns are of fields that nobody has.
  if (seed === undefined && size > 0 && !hits.includes(false)) return hits.map(() => 0)
  const expectation = new Expectation(seed)
  const symbols: number[] = []
  for (const hit of hits) {
    const context = contextOf(symbols.length, symbols.at(-1) ?? size)
    const expected = expectation.get(context)
    const symbol = hit ? expected : readOther(bits, expected, size)
    if (symbol >= size) throw corrupt('a symbol is outside its table')
    expectation.learn(context, symbol)
    symbols.push(symbol)
  }
  return symbols
}
