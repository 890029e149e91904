import { ThermoclineError } from '../../errors.ts'
import { checkNames, shown } from '../../lib/check-names.ts'
import { isItemId, itemId, parseItemId, type SessionKey } from '../../memory/session.ts'
import { firstStampAt, type Stamp } from '../../memory/stamp.ts'
import type { StampWindow } from './record-runs.ts'

/** How an item is read. */
export interface ItemReadOptions {
  /** As in {@link HistoryQuery}. @default "cached" */
  readonly read?: 'cached' | 'strong'
  /** As in {@link HistoryQuery}. @default false */
  readonly peek?: boolean
}

/** Checked. */
export interface ItemRead {
  readonly strong: boolean
  readonly peek: boolean
}

const CACHED: ItemRead = Object.freeze({ strong: false, peek: false })

/** @throws ThermoclineError `INVALID_ARGUMENT` */
export function resolveItemRead(options: ItemReadOptions | undefined): ItemRead {
  if (options === undefined) return CACHED
  checkNames('INVALID_ARGUMENT', 'Cannot read item', options, ['read', 'peek'])
  return { strong: isStrong(options.read), peek: oneOf('peek', options.peek ?? false, [true, false]) }
}

/** Which part of a session's history, and in what order. */
export interface HistoryQuery {
  /** Most items of the answer. @default all of the window */
  readonly limit?: number
  /**
   * Only what comes after this item (by its id), or was added at this time or later; for items with an idempotency key
   * their `createdAt` counts.
   */
  readonly after?: string | Date
  /** Only what comes before this item (by its id), or before this time, as with `after`. */
  readonly before?: string | Date
  /** Which end of the window `limit` counts from. @default "newest" */
  readonly from?: 'newest' | 'oldest'
  /** Order of the answer: oldest or newest first. @default "oldest" */
  readonly order?: 'oldest' | 'newest'
  /**
   * `cached` may be behind other processes by `inProcessMaxAgeMs`; `strong` has everything that was acknowledged before
   * the call, by whomever. What this process added itself is always there. @default "cached"
   */
  readonly read?: 'cached' | 'strong'
  /**
   * Only so many items that they have at most so many tokens together, counted from the end that `from` says to the
   * first that doesn't fit. 1 or more.
   */
  readonly maxTokens?: number
  /**
   * Does not count as a read, for tools that look at a memory without using it: tiers stay as they are. Reads the
   * durable store. @default false
   */
  readonly peek?: boolean
}

/** A checked query. */
export interface ResolvedQuery {
  readonly limit: number
  readonly window: StampWindow
  readonly from: 'newest' | 'oldest'
  readonly order: 'oldest' | 'newest'
  readonly strong: boolean
  readonly peek: boolean
  readonly maxTokens: number | undefined
  /** Units that this call has been counted for already; what it reads of others is added. */
  readonly counted?: Set<string>
}

const QUERY_NAMES = [
  'tenantId',
  'userId',
  'sessionId',
  'limit',
  'after',
  'before',
  'from',
  'order',
  'read',
  'maxTokens',
  'peek',
]

/** The window as ids, which sort as their stamps do within one session. */
export function windowIds(key: SessionKey, window: StampWindow): { readonly after?: string; readonly before?: string } {
  return {
    ...(window.after !== undefined && { after: itemId(key, window.after) }),
    ...(window.before !== undefined && { before: itemId(key, window.before) }),
  }
}

/** @throws ThermoclineError `INVALID_ARGUMENT`, `INVALID_ID`, `OUT_OF_SCOPE` for an id of another session */
export function resolveQuery(key: SessionKey, query: HistoryQuery): ResolvedQuery {
  checkNames('INVALID_ARGUMENT', 'Cannot read history', query, QUERY_NAMES)
  const { limit = Number.POSITIVE_INFINITY } = query
  if (query.limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw invalid('limit', 'a whole number from 1', query.limit)
  }
  if (query.maxTokens !== undefined && !(Number.isSafeInteger(query.maxTokens) && query.maxTokens >= 1)) {
    throw invalid('maxTokens', 'a whole number from 1', query.maxTokens)
  }
  return {
    limit,
    window: {
      ...(query.after !== undefined && { after: edge(key, 'after', query.after) }),
      ...(query.before !== undefined && { before: edge(key, 'before', query.before) }),
    },
    from: oneOf('from', query.from ?? 'newest', ['newest', 'oldest']),
    order: oneOf('order', query.order ?? 'oldest', ['oldest', 'newest']),
    peek: oneOf('peek', query.peek ?? false, [true, false]),
    maxTokens: query.maxTokens,
    strong: isStrong(query.read),
  }
}

function isStrong(read: HistoryQuery['read']): boolean {
  return oneOf('read', read ?? 'cached', ['cached', 'strong']) === 'strong'
}

function edge(key: SessionKey, name: string, value: string | Date): Stamp {
  // No item bears the first stamp of a millisecond: every maker's number is above zero.
  if (value instanceof Date) {
    if (!(value.getTime() >= 0)) throw invalid(name, 'a time from 1970 on', value)
    return firstStampAt(value.getTime())
  }
  if (!isItemId(value)) {
    const message = `Cannot read history: ${name}: expected an id that addMemoryItem gave, or a Date: received ${typeof value}`
    throw new ThermoclineError('INVALID_ID', message, { details: { name } })
  }
  const id = parseItemId(value)
  if (id.key === key) return id.stamp
  throw new ThermoclineError('OUT_OF_SCOPE', `Cannot read history: ${name} is an item of another session`)
}

function oneOf<T extends string | boolean>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value
  throw invalid(name, allowed.map((word) => JSON.stringify(word)).join(' or '), value)
}

function invalid(name: string, expected: string, value: unknown): ThermoclineError {
  return new ThermoclineError(
    'INVALID_ARGUMENT',
    `Cannot read history: ${name}: expected ${expected}: received ${shown(value)}`,
    {
      details: { name },
    },
  )
}
