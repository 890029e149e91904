import type { ItemBody, Payload } from '../memory-item.ts'
import type { ColumnSink, ColumnSource } from './columns.ts'
import { readPresence, typesAt, writePresence } from './optional-column.ts'
import { corrupt } from './segment-error.ts'
import { readSigned, writeSigned } from './signed-column.ts'
import { readSymbols, writeSymbols } from './symbol-column.ts'
import { readValues, writeValues } from './value-column.ts'

/** The optional fields that few items have, by position. */
export interface Extras {
  readonly importance: ReadonlyMap<number, number>
  readonly pinned: ReadonlyMap<number, boolean>
  readonly expiresAt: ReadonlyMap<number, number>
  readonly payload: ReadonlyMap<number, Payload>
}

const NOT_SAID = 0
const PINNED = 1
const NOT_PINNED = 2

/** Importance as values; pinned as symbols; expiresAt less createdAt; payloads as formats and data. Each after who has it. */
export function writeExtras(sink: ColumnSink, types: readonly number[], bodies: readonly ItemBody[]): void {
  const important = writePresence(sink, types, (at) => bodies[at]?.importance !== undefined)
  if (important.length > 0) {
    const values = important.map((at) => bodies[at]?.importance as number)
    writeValues(sink, values, typesAt(types, important))
  }
  const pinned = bodies.map((body) => (body.pinned === undefined ? NOT_SAID : body.pinned ? PINNED : NOT_PINNED))
  writeSymbols(sink.bits, pinned, 3, (at) => types[at] ?? 0)
  const expiring = writePresence(sink, types, (at) => bodies[at]?.expiresAt !== undefined)
  if (expiring.length > 0) {
    const ages = expiring.map((at) => (bodies[at]?.expiresAt as number) - (bodies[at]?.createdAt as number))
    writeSigned(sink.bits, ages)
  }
  const paid = writePresence(sink, types, (at) => bodies[at]?.payload !== undefined)
  if (paid.length > 0) {
    const payloads = paid.map((at) => bodies[at]?.payload as Payload)
    const formats = payloads.map(({ format }) => format)
    writeValues(sink, formats, typesAt(types, paid))
    for (const { data } of payloads) sink.texts.push(data)
  }
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readExtras(source: ColumnSource, types: readonly number[], createdAt: readonly number[]): Extras {
  const important = readPresence(source, types)
  const importance = important.length > 0 ? readValues(source, typesAt(types, important)) : []
  if (importance.some((value) => typeof value !== 'number')) throw corrupt('an importance is not a number')
  const pinned = readSymbols(source.bits, types.length, 3, (at) => types[at] ?? 0)
  const expiring = readPresence(source, types)
  const ages = expiring.length > 0 ? readSigned(source.bits, expiring.length) : []
  const paid = readPresence(source, types)
  const formats = paid.length > 0 ? readValues(source, typesAt(types, paid)) : []
  if (formats.some((format) => typeof format !== 'string')) throw corrupt('a format is not a text')
  return {
    importance: new Map(important.map((at, i) => [at, importance[i] as number])),
    pinned: new Map(pinned.flatMap((symbol, at) => (symbol === NOT_SAID ? [] : [[at, symbol === PINNED] as const]))),
    expiresAt: new Map(expiring.map((at, i) => [at, (createdAt[at] as number) + (ages[i] as number)])),
    payload: new Map(
      paid.map((at, i) => [at, Object.freeze({ format: formats[i] as string, data: source.texts.next() })]),
    ),
  }
}
