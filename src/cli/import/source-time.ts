import { type Fields, fieldOf } from './json-fields.ts'
import { refuse } from './refusal.ts'

/** Names under which others keep the time of a message or a conversation. */
export const TIME_FIELDS: readonly string[] = [
  ...['createdAt', 'created_at', 'create_time', 'createTime', 'created', 'timestamp'],
]

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i
const NUMBER = /^\d{9,13}(?:\.\d+)?$/
const EXPECTED = 'an ISO 8601 time or milliseconds or seconds since 1970'
/** What would be the first weeks of 1970 in milliseconds, and is 2000 to 2100 in seconds. */
const SECONDS_FROM = Date.UTC(2000, 0) / 1000
const SECONDS_TO = Date.UTC(2100, 0) / 1000

/**
 * Milliseconds since 1970. A time without a zone is taken for UTC: the import must be the same on every machine.
 * @throws Refusal
 */
export function parseTime(field: string, value: unknown): number {
  const ms = typeof value === 'string' ? parseText(value.trim()) : fromNumber(value)
  // The last time that a Date can hold.
  return ms >= 0 && ms <= 8.64e15 ? Math.trunc(ms) : refuse(field, EXPECTED, value)
}

/** The time that an object says it is of, if it does. */
export function timeOf(fields: Fields): number | undefined {
  const name = TIME_FIELDS.find((candidate) => fieldOf(fields, candidate) !== undefined)
  return name === undefined ? undefined : parseTime(name, fields[name])
}

function parseText(text: string): number {
  if (NUMBER.test(text)) return fromNumber(Number(text))
  const [, date, time = '00:00', zone = 'Z'] = ISO.exec(text) ?? []
  // Date.parse knows +02:00 only, and others write +0200 or +02.
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
  return date === undefined ? Number.NaN : Date.parse(`${date}T${time}${offset}`)
}

function fromNumber(value: unknown): number {
  if (typeof value !== 'number') return Number.NaN
  return value >= SECONDS_FROM && value <= SECONDS_TO ? Math.round(value * 1000) : value
}
