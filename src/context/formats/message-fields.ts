import type { JsonObject, JsonValue } from '../../memory/json.ts'

const SHOWN_CHARACTERS = 60

/** Something in a message can't be read. Which message it is, is added by who catches this. */
export class FieldProblem extends Error {
  readonly field: string

  constructor(field: string, expected: string, received: unknown) {
    super(`${field}: expected ${expected}: received ${shortened(received)}`)
    this.field = field
  }
}

function shortened(received: unknown): string {
  if (received === undefined || received === null) return 'nothing'
  try {
    return (JSON.stringify(received) ?? typeof received).slice(0, SHOWN_CHARACTERS)
  } catch {
    return typeof received
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: unknown): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** The field of that name, if it says something: null counts as absent, and so does what every object inherits. */
export function fieldOf(fields: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined
}

/** @throws FieldProblem unless it is text or absent */
export function textOf(fields: JsonObject, name: string, path: string = name): string | undefined {
  const value = fieldOf(fields, name)
  if (value === undefined || typeof value === 'string') return value
  throw new FieldProblem(path, 'text', value)
}

/** A value as an id: text, or a whole number. */
export function idOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string' && value !== '') return value
  return Number.isSafeInteger(value) ? String(value) : undefined
}
