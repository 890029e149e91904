import { ThermoclineError } from '../errors.ts'
import type { JsonObject, JsonValue } from './json.ts'

export const MAX_METADATA_BYTES: number = 8 * 1024
export const MAX_METADATA_KEYS = 64
export const MAX_METADATA_DEPTH = 16

/**
 * A frozen copy of what came in, which JSON gives back exactly.
 * @throws ThermoclineError `INVALID_ITEM` for what JSON would change or drop without a word, or beyond the bounds.
 */
export function checkMetadata(value: unknown): JsonObject {
  if (!isPlainObject(value)) throw refused('metadata', 'expected a plain object')
  // Each value is read once, into the copy: a getter can't show one thing to the checks and another to the store.
  const copy = copyValue(value, 'metadata', 1, { keys: 0 }) as JsonObject
  const bytes = Buffer.byteLength(JSON.stringify(copy))
  if (bytes > MAX_METADATA_BYTES)
    throw refused('metadata', `expected at most ${MAX_METADATA_BYTES} bytes as JSON: received ${bytes}`)
  return copy
}

function copyValue(value: unknown, path: string, depth: number, counter: { keys: number }): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value
    throw refused(path, `JSON can't keep this number: received ${Object.is(value, -0) ? '-0' : value}`)
  }
  if (typeof value !== 'object') throw refused(path, `JSON can't keep this: received ${typeof value}`)
  if (depth > MAX_METADATA_DEPTH) throw refused(path, `expected at most ${MAX_METADATA_DEPTH} levels`)
  return Array.isArray(value) ? copyArray(value, path, depth, counter) : copyObject(value, path, depth, counter)
}

function copyArray(value: readonly unknown[], path: string, depth: number, counter: { keys: number }): JsonValue {
  const { length } = value
  count(counter, length)
  // As many keys as elements: neither a hole, which would become null, nor a property beside them, which would be lost.
  if (Reflect.ownKeys(value).length !== length + 1 || Object.keys(value).length !== length) {
    throw refused(path, "JSON can't keep holes or properties of an array")
  }
  if (Object.getPrototypeOf(value) !== Array.prototype) throw refused(path, "JSON can't keep a class of array")
  return Object.freeze(Array.from({ length }, (_, i) => copyValue(value[i], `${path}[${i}]`, depth + 1, counter)))
}

function copyObject(value: object, path: string, depth: number, counter: { keys: number }): JsonValue {
  if (!isPlainObject(value))
    throw refused(path, `JSON can't keep this: received ${value.constructor?.name ?? 'an object'}`)
  if (typeof value.toJSON === 'function') throw refused(path, "JSON can't keep what toJSON gives in its place")
  const keys = Object.keys(value)
  count(counter, keys.length)
  if (Object.getOwnPropertySymbols(value).length > 0) throw refused(path, "JSON can't keep symbol keys")
  const copy: Record<string, JsonValue> = {}
  for (const key of keys) {
    // As a key of a plain object it would replace the prototype of whatever it is later merged into.
    if (key === '__proto__') throw refused(path, 'the key __proto__ is not allowed')
    copy[key] = copyValue(value[key], `${path}.${key}`, depth + 1, counter)
  }
  return Object.freeze(copy)
}

/** Array elements count as keys, so that the work before a refusal stays small too. */
function count(counter: { keys: number }, keys: number): void {
  counter.keys += keys
  if (counter.keys > MAX_METADATA_KEYS) {
    throw refused('metadata', `expected at most ${MAX_METADATA_KEYS} keys and array elements`)
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function refused(path: string, reason: string): ThermoclineError {
  const short = path.length > 80 ? `${path.slice(0, 80)}…` : path
  return new ThermoclineError('INVALID_ITEM', `Cannot add item: ${short}: ${reason}`, { details: { path: short } })
}
