import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { ThermoclineError } from '../../errors.ts'
import { base32 } from '../../lib/base32.ts'
import { checkNames, kindOf, shown } from '../../lib/check-names.ts'
import type { JsonValue } from '../../memory/json.ts'

const MAX_KEY_BYTES = 512
const MAX_VALUE_BYTES: number = 512 * 1024
export const MIN_TTL_SECONDS = 0.001
/** Ten years. */
export const MAX_TTL_SECONDS = 315_360_000
/** SHA-256 in base-32. */
const HASH_CHARS = 52

/**
 * Where an entry lies in Redis. Hashed, so that no key of a caller leaves the prefix, and on a cluster none chooses its
 * slot.
 * @throws ThermoclineError `INVALID_ARGUMENT`
 */
export function entryKey(keyPrefix: string, key: unknown): string {
  if (typeof key !== 'string' || key === '' || !key.isWellFormed() || Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new ThermoclineError(
      'INVALID_ARGUMENT',
      `Cannot use cache key: expected 1 to ${MAX_KEY_BYTES} bytes of well-formed text: received ${kindOf(key)}`,
    )
  }
  return `${keyPrefix}:c:${base32(createHash('sha256').update(key).digest())}`
}

/** For SCAN: the keys of all entries of this prefix, and of no longer one that begins with it. */
export function entryPattern(keyPrefix: string): string {
  return `${keyPrefix}:c:${'?'.repeat(HASH_CHARS)}`
}

/** @throws ThermoclineError `INVALID_ARGUMENT` for what JSON would change or drop, `ITEM_TOO_LARGE` */
export function encodeValue(value: unknown): string {
  const text = exactJson(value)
  if (text === undefined) {
    throw new ThermoclineError(
      'INVALID_ARGUMENT',
      `Cannot set cache entry: expected a value that JSON gives back unchanged: received ${kindOf(value)}`,
    )
  }
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_VALUE_BYTES) {
    throw new ThermoclineError(
      'ITEM_TOO_LARGE',
      `Cannot set cache entry: expected at most ${MAX_VALUE_BYTES} bytes as JSON: received ${bytes}`,
      { details: { bytes, limit: MAX_VALUE_BYTES } },
    )
  }
  return text
}

/** @throws ThermoclineError `INVALID_ARGUMENT` */
export function ttlMs(options: { readonly ttl?: number }, defaultTtl: number): number {
  checkNames('INVALID_ARGUMENT', 'Cannot set cache entry', options, ['ttl'])
  const { ttl = defaultTtl } = options
  if (typeof ttl === 'number' && ttl >= MIN_TTL_SECONDS && ttl <= MAX_TTL_SECONDS) return Math.round(ttl * 1_000)
  throw new ThermoclineError(
    'INVALID_ARGUMENT',
    `Cannot set cache entry: ttl: expected ${MIN_TTL_SECONDS} to ${MAX_TTL_SECONDS} seconds: received ${shown(ttl)}`,
  )
}

export function decodeValue(text: string): JsonValue {
  return JSON.parse(text)
}

function exactJson(value: unknown): string | undefined {
  try {
    const text: string | undefined = JSON.stringify(value)
    return text !== undefined && isDeepStrictEqual(JSON.parse(text), value) ? text : undefined
  } catch {
    // A ring, a big integer, or more levels than the stack has room for.
    return undefined
  }
}
