import type { JsonObject, JsonValue } from '../../index.ts'
import { type Fields, isList, isObject } from './json-fields.ts'
import { Refusal, refuse } from './refusal.ts'

/** Where a field of ours comes from. */
type Rule =
  | { readonly kind: 'value'; readonly value: JsonValue }
  | {
      readonly kind: 'from'
      /** The first that says something known counts. */
      readonly paths: readonly string[]
      readonly values: JsonObject | undefined
      readonly otherwise: JsonValue | undefined
    }

/** How objects of another shape become items: read from what a user gives as `--map`. */
export interface FieldMap {
  readonly rules: ReadonlyMap<string, Rule>
  /** What becomes metadata: these paths, or all that no rule reads. */
  readonly metadata: readonly string[] | 'rest'
  /** Names that lead to the array; none where the values themselves are items. */
  readonly items: readonly string[]
}

const FIELDS: readonly string[] = [
  ...['tenantId', 'userId', 'sessionId', 'content', 'contentType', 'role', 'createdAt', 'callId', 'importance'],
  ...['pinned', 'expiresAt', 'payload', 'idempotencyKey', 'id'],
]
const IDS: ReadonlySet<string> = new Set(['tenantId', 'userId', 'sessionId', 'callId', 'idempotencyKey', 'id'])
/** Begins a path in the object around the array. */
const AROUND = '^.'

/** @throws Refusal for what is no map */
export function parseFieldMap(text: string): FieldMap {
  let map: unknown
  try {
    map = JSON.parse(text)
  } catch (error) {
    throw new Refusal(`it is not JSON: ${(error as Error).message}`)
  }
  if (!isObject(map)) return refuse('map', 'an object', map)
  const { metadata = [], items, ...fields } = map
  for (const name of Object.keys(fields))
    if (!FIELDS.includes(name))
      refuse(name, `a field of ours: ${[...FIELDS, 'metadata', 'items'].join(', ')}`, map[name])
  if (fields.content === undefined) return refuse('content', 'where it lies', undefined)
  if (fields.contentType === undefined && fields.role === undefined)
    return refuse('contentType', 'where it or role lies', undefined)
  if (metadata !== 'rest' && !isTexts(metadata)) return refuse('metadata', 'a list of paths or "rest"', metadata)
  if (items !== undefined && typeof items !== 'string') return refuse('items', 'a path', items)
  return {
    rules: new Map(Object.entries(fields).map(([name, rule]) => [name, parseRule(name, rule)])),
    metadata,
    items: items?.split('.') ?? [],
  }
}

/**
 * An object of the source in our own words, as an item of ours would be written.
 * @param around the object that holds the array
 * @throws Refusal
 */
export function mapFields({ rules, metadata }: FieldMap, source: JsonObject, around: JsonObject): Fields {
  const fields: { [name: string]: JsonValue | undefined } = {}
  for (const [name, rule] of rules) {
    const value = apply(name, rule, source, around)
    fields[name] = IDS.has(name) && Number.isSafeInteger(value) ? String(value) : value
  }
  fields.metadata = metadata === 'rest' ? rest(rules, source) : picked(metadata, source, around)
  return fields
}

/** The value at a dotted path, or at a name that contains dots itself. */
export function valueAt(source: JsonValue, path: string): JsonValue | undefined {
  if (isObject(source) && Object.hasOwn(source, path)) return source[path]
  let value: JsonValue | undefined = source
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as JsonObject)[name]
  }
  return value
}

function parseRule(name: string, rule: JsonValue): Rule {
  if (typeof rule === 'string') return { kind: 'from', paths: [rule], values: undefined, otherwise: undefined }
  if (!isObject(rule)) return refuse(name, 'a path or { from, values, default } or { value }', rule)
  const { from, value, values, default: otherwise, ...others } = rule
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return refuse(`${name}.${unknown}`, 'from, values, default or value', others[unknown])
  if (value !== undefined) return { kind: 'value', value }
  const paths = typeof from === 'string' ? [from] : from
  if (!isTexts(paths)) return refuse(`${name}.from`, 'a path or a list of them', from)
  if (values !== undefined && !isObject(values)) return refuse(`${name}.values`, 'an object', values)
  return { kind: 'from', paths, values, otherwise }
}

function apply(name: string, rule: Rule, source: JsonObject, around: JsonObject): JsonValue | undefined {
  if (rule.kind === 'value') return rule.value
  const { paths, values, otherwise } = rule
  const found = paths
    .map((path) => lookUp(path, source, around))
    .filter((value) => value !== undefined && value !== null)
  if (values === undefined) return found[0] ?? otherwise
  const known = found.find((value) => Object.hasOwn(values, String(value)))
  if (known !== undefined) return values[String(known)]
  if (otherwise !== undefined || found.length === 0) return otherwise
  return refuse(`${name} (${paths.join(', ')})`, `one of ${Object.keys(values).join(', ')}`, found[0])
}

function lookUp(path: string, source: JsonObject, around: JsonObject): JsonValue | undefined {
  return path.startsWith(AROUND) ? valueAt(around, path.slice(AROUND.length)) : valueAt(source, path)
}

function picked(paths: readonly string[], source: JsonObject, around: JsonObject): JsonObject {
  const found = paths.map((path) => [path.replace(AROUND, ''), lookUp(path, source, around)] as const)
  return Object.fromEntries(found.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined))
}

/** What of the source no rule reads any part of. */
function rest(rules: ReadonlyMap<string, Rule>, source: JsonObject): JsonObject {
  const paths = [...rules.values()].flatMap((rule) => (rule.kind === 'from' ? rule.paths : []))
  const read = new Set(paths.flatMap((path) => [path, path.split('.')[0]!]))
  return Object.fromEntries(Object.entries(source).filter(([name]) => !read.has(name)))
}

function isTexts(value: unknown): value is readonly string[] {
  return isList(value) && value.every((text) => typeof text === 'string')
}
