import type { ColumnSink, ColumnSource } from './columns.ts'
import { findTokenKind, readTokens, writeTokens } from './token-column.ts'

/** A column of short texts: one bit that says whether they are random ids, then those, or one text after the other. */
export function writeTexts(sink: ColumnSink, texts: readonly string[]): void {
  const kind = findTokenKind(texts)
  sink.bits.flag(kind !== undefined)
  if (kind) writeTokens(sink, texts, kind)
  else for (const text of texts) sink.texts.push(text)
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readTexts(source: ColumnSource, count: number): string[] {
  if (source.bits.flag()) return readTokens(source, count)
  return Array.from({ length: count }, () => source.texts.next())
}
