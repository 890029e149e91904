import type { JsonValue } from '../json.ts'
import { MAX_VALUE_DEPTH } from './limits.ts'
import { corrupt } from './segment-error.ts'

/** @throws TypeError for what JSON can't hold, or is nested too deep to be read again */
export function stringifyValue(value: JsonValue): string {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('Cannot encode segment: metadata: expected JSON values')
  if (!freezable(value, 0)) {
    throw new TypeError(`Cannot encode segment: metadata: expected at most ${MAX_VALUE_DEPTH} levels`)
  }
  return text
}

/**
 * The value that a text stands for, frozen all the way down.
 * @throws ThermoclineError `SEGMENT_CORRUPT`
 */
export function parseValue(text: string): JsonValue {
  let value: JsonValue
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw corrupt('a value is not JSON', cause)
  }
  if (!freezable(value, 0, Object.freeze)) throw corrupt('a value is nested too deep')
  return value
}

/** Whether the depth is within bounds; hands each object to `visit` on the way back. */
function freezable(value: JsonValue, depth: number, visit?: (inner: object) => void): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === MAX_VALUE_DEPTH) return false
  for (const inner of Object.values(value) as JsonValue[]) {
    if (!freezable(inner, depth + 1, visit)) return false
  }
  visit?.(value)
  return true
}
