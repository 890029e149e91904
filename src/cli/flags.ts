import type { JsonObject } from '../index.ts'
import { UsageError } from './command.ts'

/** Flags of every command that opens a memory, for `parseCommandArgs`. */
export const MEMORY_FLAGS = {
  path: { type: 'string' },
  config: { type: 'string' },
  project: { type: 'string' },
  database: { type: 'string' },
  'collection-prefix': { type: 'string' },
  'redis-host': { type: 'string' },
  'redis-port': { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Flags that say whose conversations are meant. */
export const OWNER_FLAGS = {
  tenant: { type: 'string' },
  user: { type: 'string' },
} as const

export const OWNER_HELP = `  --user USER      whose; else THERMOCLINE_USER_ID, or userId in the config file
  --tenant TENANT  of which customer, where there are several`

export const MEMORY_HELP = `  --path FILE      the SQLite file
  --config FILE    the config file, by default thermocline.json where you stand
  --project PROJECT, --database DATABASE, --collection-prefix PREFIX
                   in Firestore in place of a file: the Google Cloud project,
                   and where it is not as usual, its database and the prefix
  --redis-host HOST, --redis-port PORT
                   the Redis that programs share beside it, if they do
  --json           JSON on standard output, and nothing else there`

/** @throws UsageError */
export function wholeNumber(flag: string, text: string, least: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number
  throw new UsageError(`${flag}: expected a whole number from ${least}: received "${text}"`)
}

/** @throws UsageError */
export function anyNumber(flag: string, text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number)) return number
  throw new UsageError(`${flag}: expected a number: received "${text}"`)
}

/** @throws UsageError */
export function oneOf<T extends string>(flag: string, text: string, words: readonly T[]): T {
  const word = words.find((candidate) => candidate === text)
  if (word !== undefined) return word
  throw new UsageError(`${flag}: expected ${words.join(' or ')}: received "${text}"`)
}

/** @throws UsageError */
export function jsonObject(flag: string, text: string): JsonObject {
  const value = parseJson(flag, text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new UsageError(`${flag}: expected a JSON object such as {"locale":"en"}: received ${text}`)
}

/** ISO 8601 text or milliseconds since 1970, as items take them. */
export function timeOf(text: string): string | number {
  return /^\d+$/.test(text) && text.length > 4 ? Number(text) : text
}

/** A time as for items; anything else is taken for an item's id. */
export function idOrTime(text: string): string | Date {
  const isTime = /^\d{4}-\d\d/.test(text) || /^\d{5,16}$/.test(text)
  return isTime ? new Date(timeOf(text)) : text
}

function parseJson(flag: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`${flag}: expected JSON: received ${text}`)
  }
}
