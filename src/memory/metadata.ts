import { ThermoclineError } from '../errors.ts'
import { deepFreeze } from '../lib/freeze.ts'
import type { JsonObject } from './json.ts'

export const MAX_METADATA_BYTES: number = 8 * 1024
export const MAX_METADATA_KEYS = 64
export const MAX_METADATA_DEPTH = 16

/**
 * A frozen copy of what came in, which JSON gives back exactly.
 * @throws ThermoclineError `INVALID_ITEM` for what JSON would change or drop without a word, or beyond the bounds.
 */
export function checkMetadata(value: unknown): JsonObject {
  if (!isPlainObject(value)) throw refused('metadata', 'expected a plain object')
  const counter = { keys: 0 }
  checkValue(value, 'metadata', 1, counter)
  const text = JSON.stringify(value)
  if (Buffer.byteLength(text) > MAX_METADATA_BYTES) {
    throw refused(
      'metadata',
      `expected at most ${MAX_METADATA_BYTES} bytes as JSON: received ${Buffer.byteLength(text)}`,
    )
  }
  return deepFreeze(JSON.parse(text)) as JsonObject
}

function checkValue(value: unknown, path: string, depth: number, counter: { keys: number }): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return
    throw refused(path, `JSON can't keep this number: received ${Object.is(value, -0) ? '-0' : value}`)
  }
  if (Array.isArray(value)) {
    checkDepth(path, depth)
    counter.keys += value.length
    checkCount(counter)
    // Array.from, so that a hole is looked at too: JSON would turn it into null.
    for (const [i, inner] of Array.from(value as unknown[]).entries())
      checkValue(inner, `${path}[${i}]`, depth + 1, counter)
    return
  }
  if (!isPlainObject(value)) throw refused(path, `JSON can't keep this: received ${describe(value)}`)
  checkDepth(path, depth)
  const keys = Object.keys(value)
  counter.keys += keys.length
  checkCount(counter)
  if (Object.getOwnPropertySymbols(value).length > 0) throw refused(path, "JSON can't keep symbol keys")
  for (const key of keys) {
    // As a key of a plain object it would replace the prototype of whatever it is later merged into.
    if (key === '__proto__') throw refused(path, 'the key __proto__ is not allowed')
    checkValue(value[key], `${path}.${key}`, depth + 1, counter)
  }
  if (typeof value.toJSON === 'function') throw refused(path, "JSON can't keep functions")
}

function checkDepth(path: string, depth: number): void {
  if (depth > MAX_METADATA_DEPTH) throw refused(path, `expected at most ${MAX_METADATA_DEPTH} levels`)
}

function checkCount(counter: { keys: number }): void {
  // Array elements count as keys, so that the work before a refusal stays small too.
  if (counter.keys > MAX_METADATA_KEYS)
    throw refused('metadata', `expected at most ${MAX_METADATA_KEYS} keys and array elements`)
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function describe(value: unknown): string {
  return typeof value === 'object' ? (value?.constructor?.name ?? 'an object') : typeof value
}

function refused(path: string, reason: string): ThermoclineError {
  const short = path.length > 80 ? `${path.slice(0, 80)}…` : path
  return new ThermoclineError('INVALID_ITEM', `Cannot add item: ${short}: ${reason}`, { details: { path: short } })
}
