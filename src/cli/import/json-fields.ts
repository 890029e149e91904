import type { JsonObject, JsonValue } from '../../index.ts'
import { refuse } from './refusal.ts'

/** An object that was read: any name may be absent. */
export type Fields = { readonly [name: string]: JsonValue | undefined }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: unknown): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** The field of that name, if it says something: null counts as absent, and so does what every object inherits. */
export function fieldOf(fields: Fields, name: string): JsonValue | undefined {
  return Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined
}

/** @throws Refusal unless it is text or absent */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fieldOf(fields, name)
  return value === undefined || typeof value === 'string' ? value : refuse(name, 'text', value)
}

/** A value as an id: text, or a whole number, as many systems count. Beyond 2^53, JSON.parse has rounded it to another. */
export function asId(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string' && value !== '') return value
  return Number.isSafeInteger(value) ? String(value) : undefined
}
