import type { JsonValue } from '../json.ts'
import type { ColumnSink, ColumnSource } from './columns.ts'
import { parseValue, stringifyValue } from './json-value.ts'
import { readRepeats, writeRepeats } from './repeats.ts'
import { readSigned, writeSigned } from './signed-column.ts'
import { readTexts, writeTexts } from './text-column.ts'

/** By their number in the stored form. */
const KINDS = ['texts', 'integers', 'json'] as const
type Kind = (typeof KINDS)[number]
const KIND_BITS = 2

/**
 * A column of JSON values, such as one metadata key: two bits of kind; then for integers a signed column; for texts, and
 * for JSON as text, one bit that says whether values repeat, if so which, and the distinct ones.
 */
export function writeValues(sink: ColumnSink, values: readonly JsonValue[], contexts: readonly number[]): void {
  const kind = kindOf(values)
  sink.bits.write(KINDS.indexOf(kind), KIND_BITS)
  if (kind === 'integers') {
    writeSigned(sink.bits, values as readonly number[])
    return
  }
  const texts = kind === 'texts' ? (values as readonly string[]) : values.map(stringifyValue)
  const repeating = new Set(texts).size <= texts.length * 0.75
  sink.bits.flag(repeating)
  writeTexts(sink, repeating ? writeRepeats(sink.bits, texts, contexts) : texts)
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readValues(source: ColumnSource, contexts: readonly number[]): JsonValue[] {
  const kind = KINDS[source.bits.read(KIND_BITS)] ?? 'json'
  if (kind === 'integers') return readSigned(source.bits, contexts.length)
  const repeats = source.bits.flag() ? readRepeats(source.bits, contexts) : undefined
  const texts = readTexts(source, repeats?.size ?? contexts.length)
  const values = kind === 'texts' ? texts : texts.map(parseValue)
  return repeats ? repeats.numbers.map((number) => values[number] as JsonValue) : values
}

function kindOf(values: readonly JsonValue[]): Kind {
  if (values.every((value) => typeof value === 'string')) return 'texts'
  return values.every((value) => Number.isSafeInteger(value)) ? 'integers' : 'json'
}
