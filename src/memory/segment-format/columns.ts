import type { BitReader } from './bit-reader.ts'
import { BitWriter } from './bit-writer.ts'
import type { TextReader } from './text-reader.ts'
import { TextWriter } from './text-writer.ts'

/**
 * Where columns are written to. Numbers and random ids go into `bits`, as tight as they can be and never compressed: they
 * have no pattern that a compressor could find, and between texts they would spoil its statistics. Texts go into
 * `texts`, which is compressed as a whole.
 */
export interface ColumnSink {
  readonly bits: BitWriter
  readonly texts: TextWriter
}

/** Where columns are read from, in the order in which they were written. */
export interface ColumnSource {
  readonly bits: BitReader
  readonly texts: TextReader
}

export function columnSink(): ColumnSink {
  return { bits: new BitWriter(), texts: new TextWriter() }
}

export function columnSource(bits: BitReader, texts: TextReader): ColumnSource {
  return { bits, texts }
}
