import type { ContentType } from '../memory-item.ts'
import type { ColumnSink, ColumnSource } from './columns.ts'
import { MAX_ITEMS } from './limits.ts'
import { readSymbols, writeSymbols } from './symbol-column.ts'

/** By their number in the stored form; a segment's other types follow, as they first come up. */
const KNOWN: readonly ContentType[] = [
  'user_message',
  'assistant_message',
  'tool_call',
  'tool_result',
  'system_message',
  'summary',
  'note',
]
export const TOOL_CALL = 2
export const TOOL_RESULT = 3
/** What is expected after each type, until the segment shows otherwise. */
const USUAL_NEXT = [1, 0, 3, 1]

/** How many other types, their names as texts, then symbols whose context is the type before. */
export function writeContentTypes(sink: ColumnSink, types: readonly ContentType[]): number[] {
  const numbers = new Map(KNOWN.map((type, number) => [type, number]))
  const symbols = types.map((type) => {
    const number = numbers.get(type) ?? numbers.size
    if (number === numbers.size) {
      numbers.set(type, number)
      sink.texts.push(type)
    }
    return number
  })
  sink.bits.count(numbers.size - KNOWN.length)
  writeSymbols(sink.bits, symbols, numbers.size, (_at, before) => before, usualNext)
  return symbols
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readContentTypes(source: ColumnSource, count: number): { symbols: number[]; types: ContentType[] } {
  const others = source.bits.count(MAX_ITEMS)
  const names = [...KNOWN, ...Array.from({ length: others }, () => source.texts.next())]
  const symbols = readSymbols(source.bits, count, names.length, (_at, before) => before, usualNext)
  return { symbols, types: symbols.map((symbol) => names[symbol] as ContentType) }
}

function usualNext(before: number): number {
  return USUAL_NEXT[before] ?? 0
}
