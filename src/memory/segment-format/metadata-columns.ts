import type { JsonObject, JsonValue } from '../json.ts'
import type { ItemBody } from '../memory-item.ts'
import { bitLength } from './bit-writer.ts'
import type { ColumnSink, ColumnSource } from './columns.ts'
import { MAX_ITEMS, MAX_METADATA_VALUES } from './limits.ts'
import { typesAt } from './optional-column.ts'
import { corrupt, tooLarge } from './segment-error.ts'
import { readSymbols, writeSymbols } from './symbol-column.ts'
import { readValues, writeValues } from './value-column.ts'

/**
 * Metadata by key: one bit that says whether there is any; the distinct keys; the distinct shapes, a shape being the keys
 * of one item in their order; the shape of each item (0: no metadata); then each key's values.
 */
export function writeMetadata(sink: ColumnSink, types: readonly number[], bodies: readonly ItemBody[]): void {
  const any = bodies.some((body) => body.metadata !== undefined)
  sink.bits.flag(any)
  if (!any) return
  const keys = new Map<string, number>()
  const holders: number[][] = []
  const shapes = new Map<string, { number: number; keys: number[] }>()
  let values = 0
  const symbols = bodies.map(({ metadata }, at) => {
    if (metadata === undefined) return 0
    const shape = Object.keys(metadata).map((key) => numberOf(keys, key))
    for (const key of shape) {
      const positions = holders[key] ?? []
      positions.push(at)
      holders[key] = positions
    }
    values += shape.length
    const known = shapes.get(shape.join())
    if (known) return known.number
    shapes.set(shape.join(), { number: shapes.size + 1, keys: shape })
    return shapes.size
  })
  if (values > MAX_METADATA_VALUES) throw tooLarge('encode', 'metadata values', MAX_METADATA_VALUES, values)
  sink.bits.count(keys.size)
  for (const key of keys.keys()) sink.texts.push(key)
  sink.bits.count(shapes.size)
  for (const shape of shapes.values()) {
    sink.bits.count(shape.keys.length)
    for (const key of shape.keys) sink.bits.write(key, bitLength(keys.size - 1))
  }
  writeSymbols(sink.bits, symbols, shapes.size + 1, (at) => types[at] ?? 0)
  for (const [key, number] of keys) {
    const positions = holders[number] as number[]
    const column = positions.map((at) => bodies[at]?.metadata?.[key] as JsonValue)
    writeValues(sink, column, typesAt(types, positions))
  }
}

/**
 * Metadata of each item, frozen.
 * @throws ThermoclineError `SEGMENT_CORRUPT`, `SEGMENT_TOO_LARGE`
 */
export function readMetadata(source: ColumnSource, types: readonly number[]): (JsonObject | undefined)[] {
  if (!source.bits.flag()) return new Array(types.length).fill(undefined)
  const keyCount = source.bits.count(source.texts.left)
  const shapes = readShapes(source, keyCount)
  // A key that nobody has would cost the sender one byte, and us a column.
  if (new Set(shapes.flat()).size !== keyCount) throw corrupt('a key is in no shape')
  const keys = Array.from({ length: keyCount }, () => source.texts.next())
  const symbols = readSymbols(source.bits, types.length, shapes.length, (at) => types[at] ?? 0)
  const holders: number[][] = keys.map(() => [])
  let values = 0
  symbols.forEach((symbol, at) => {
    const shape = shapes[symbol] as readonly number[]
    values += shape.length
    // Shapes multiply: few bits could claim more values than a heap holds.
    if (values > MAX_METADATA_VALUES) throw tooLarge('decode', 'metadata values', MAX_METADATA_VALUES, values)
    for (const key of shape) holders[key]?.push(at)
  })
  const columns = holders.map((positions) => readValues(source, typesAt(types, positions)).values())
  return symbols.map((symbol) => (symbol === 0 ? undefined : buildObject(shapes[symbol] as number[], keys, columns)))
}

function readShapes(source: ColumnSource, keyCount: number): number[][] {
  const shapes: number[][] = [[]]
  for (let left = source.bits.count(MAX_ITEMS); left > 0; left--) {
    const length = source.bits.count(keyCount)
    const shape = Array.from({ length }, () => source.bits.read(bitLength(keyCount - 1)))
    if (new Set(shape).size !== length || shape.some((key) => key >= keyCount))
      throw corrupt('a shape has no such keys')
    shapes.push(shape)
  }
  return shapes
}

function buildObject(shape: readonly number[], keys: readonly string[], columns: Iterator<JsonValue>[]): JsonObject {
  const object: Record<string, JsonValue> = {}
  for (const key of shape) {
    const value = columns[key]?.next().value as JsonValue
    const name = keys[key] as string
    // Assigning to this name would set the object's prototype.
    if (name === '__proto__') Object.defineProperty(object, name, { value, enumerable: true })
    else object[name] = value
  }
  return Object.freeze(object)
}

function numberOf(keys: Map<string, number>, key: string): number {
  const number = keys.get(key) ?? keys.size
  keys.set(key, number)
  return number
}
