import type { ColumnSink, ColumnSource } from './columns.ts'
import { readSymbols, writeSymbols } from './symbol-column.ts'

/** Which items have a field, as positions, rising. */
export type Positions = readonly number[]

/** A bit for each item, 1 where it has the field, as symbols whose context is the item's type. Nobody has it: one bit. */
export function writePresence(sink: ColumnSink, types: readonly number[], present: (at: number) => boolean): Positions {
  const symbols = types.map((_type, at) => (present(at) ? 1 : 0))
  writeSymbols(sink.bits, symbols, 2, (at) => types[at] ?? 0)
  return positionsOf(symbols)
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readPresence(source: ColumnSource, types: readonly number[]): Positions {
  return positionsOf(readSymbols(source.bits, types.length, 2, (at) => types[at] ?? 0))
}

/** The types of the items at these positions. */
export function typesAt(types: readonly number[], positions: Positions): number[] {
  return positions.map((at) => types[at] ?? 0)
}

function positionsOf(symbols: readonly number[]): number[] {
  const positions: number[] = []
  symbols.forEach((symbol, at) => {
    if (symbol === 1) positions.push(at)
  })
  return positions
}
